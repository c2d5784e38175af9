/*
 * meter.tsx - one meter: how it is, what it says, what is missing, what it feeds
 */
import { useRights } from "~/api/session";
import { placeZone, useSiteZone } from "~/api/site-zone";
import { useGet } from "~/api/use-get";
import { formatTime } from "~/format/time";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Age } from "~/parts/age";
import { ClockOffset, Deadline, ErrorCell, useMeterStates } from "~/parts/device-state";
import { EventTable } from "~/parts/event-table";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { ReadNow } from "~/parts/read-now";
import { sentence } from "~/parts/quantity";
import { HealthState } from "~/parts/state";
import { useTitle } from "~/parts/title";
import { Counters } from "../line/line";
import { Phases } from "./phases";
import { Registers } from "./registers";
import "../lines/lines.css";
import "./meter.css";

function Gaps({ meter, zone }: { meter: number; zone: string }) {
	const t = useText();
	const lang = useLang();
	const { data } = useGet("/meters/{id}/gaps", { id: meter }, 60);
	if (!data || data.items.length === 0) {
		return null;
	}
	return (
		<section class="sheet">
			<header>
				<h2>{t.lines.gaps}</h2>
				<Deadline utc={data.gap_loss_utc} />
			</header>
			<div class="scroll gaps-scroll">
				<table>
					<thead>
						<tr>
							<th scope="col">{t.meter.register}</th>
							<th scope="col">{t.meter.archive}</th>
							<th scope="col">{t.range.from}</th>
							<th scope="col">{t.range.till}</th>
							<th scope="col" class="number">{t.meter.records}</th>
						</tr>
					</thead>
					<tbody>
						{data.items.map((g) => (
							<tr key={`${g.register}${g.period}${g.from_utc}`}>
								<td class="mono">{g.key}</td>
								<td>{t.stepOf[g.period]}</td>
								<td>{formatTime(g.from_utc, zone, lang)}</td>
								<td>{formatTime(g.till_utc, zone, lang)}</td>
								<td class="number">{g.records}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

export function MeterPage({ id }: { id: number }) {
	const t = useText();
	const lang = useLang();
	const rights = useRights();
	const siteZone = useSiteZone();
	const meter = useGet("/meters/{id}", { id });
	const last = useGet("/last", { meter: id }, 10);
	const events = useGet("/events", { object: id, limit: 30 }, 60);
	const lines = useGet("/lines");
	const places = useGet("/places");
	const drivers = useGet("/drivers");
	const states = useMeterStates();
	const state = states.items?.find((m) => m.meter === id);
	const m = meter.data;
	useTitle(m?.name, t.nav.lines);
	if (meter.problem && !m) {
		return <ProblemNotice problem={meter.problem} retry={meter.reload} />;
	}
	if (!m) {
		return <Busy />;
	}
	const line = lines.data?.items.find((l) => l.id === m.line);
	const zone = placeZone(places.data?.items ?? [], m.place) ?? siteZone;
	const place = places.data?.items.find((p) => p.id === m.place);
	const grade = drivers.data?.items.find((d) => d.name === m.driver)?.grade;
	const isDoubtful = grade === "experimental" || grade === "unverified";
	return (
		<>
			<header>
				<nav class="crumbs" aria-label={t.nav.label}>
					<a href="/lines">{t.nav.lines}</a>
					{line ? <span>› <a href={`/lines/${line.id}`}>{line.name}</a></span> : null}
				</nav>
				<h1>{m.name}</h1>
				{state ? <HealthState health={state.health} /> : null}
				<div class="meter-actions">
					{rights.operate ? <ReadNow meter={id} isMain onDone={last.reload} /> : null}
					{rights.setup_devices
						? <a class="button" href={`/setup/meters/${id}`}><Icon name="edit" />{t.edit}</a>
						: null}
				</div>
			</header>
			<section class="sheet line-facts">
				<dl class="facts">
					{place ? <div><dt>{t.fields.place}</dt><dd>{place.name}</dd></div> : null}
					{m.serial ? <div><dt>{t.fields.serial}</dt><dd>{m.serial}</dd></div> : null}
					{m.model ? <div><dt>{t.fields.model}</dt><dd>{m.model}</dd></div> : null}
					<div><dt>{t.fields.driver}</dt><dd><span class="mono">{m.driver} {m.params}</span>{isDoubtful && grade ? <span class="doubtful small"> {t.grades[grade]}</span> : null}</dd></div>
					{m.report_hour >= 0 && m.report_day > 0 ? <div><dt>{t.meter.reportTime}</dt><dd>{t.meter.reportAt(m.report_day, m.report_hour)}</dd></div> : null}
					{state ? <div><dt>{sentence(t.lines.answered)}</dt><dd><Age utc={state.last_ok_utc} /></dd></div> : null}
					{state?.next_utc ? <div><dt>{t.meter.next}</dt><dd>{formatTime(state.next_utc, zone, lang)}{state.backoff_s > 0 ? <span class="muted small"> {t.lines.rarely}</span> : null}</dd></div> : null}
					{state ? <div><dt>{t.lines.clock}</dt><dd><ClockOffset meter={state} /></dd></div> : null}
					{state && state.gap_records > 0 ? <div><dt>{t.lines.gaps}</dt><dd>{t.lines.records(state.gap_records)} <Deadline utc={state.gap_loss_utc} /></dd></div> : null}
					{state && state.lost_records > 0 ? <div><dt>{t.meter.lost}</dt><dd>{state.lost_records}</dd></div> : null}
				</dl>
				{state?.error ? <ErrorCell error={state.error} isWhole /> : null}
				{state ? <Counters counters={state.counters} /> : null}
			</section>
			{last.data ? <Phases meter={id} last={last.data.items} /> : null}
			<Registers meter={m} last={last.data?.items ?? null} zone={zone} onChange={last.reload} />
			<Gaps meter={id} zone={zone} />
			<section class="sheet">
				<header><h2>{t.nav.events}</h2></header>
				{events.data && events.data.items.length > 0
					? <EventTable events={events.data.items} zone={zone} hasObject={false} />
					: <Empty title={t.events.none} />}
			</section>
		</>
	);
}
