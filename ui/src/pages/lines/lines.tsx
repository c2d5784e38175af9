/*
 * lines.tsx - the technician's first screen: what does not answer and since when, what data will be
 * lost first, how busy the lines are
 */
import { useMemo, useState } from "preact/hooks";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { LineState, MeterState, Place } from "~/api/types";
import { navigate, withQuery, type Route } from "~/app/route";
import { useText } from "~/i18n/text";
import { Age } from "~/parts/age";
import { byUrgency, ClockOffset, Deadline, ErrorCell, LineUse, useLineStates, useMeterStates, wantsPerson } from "~/parts/device-state";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { ReadNow } from "~/parts/read-now";
import { Segmented } from "~/parts/segmented";
import { HealthState, State } from "~/parts/state";
import { useTitle } from "~/parts/title";
import "./lines.css";

/* "Entrance 1, flat 12": the way down to a place without the building itself. */
function placeNames(places: readonly Place[]): Map<number, string> {
	const byId = new Map(places.map((p) => [p.id, p]));
	const buildings = places.filter((p) => p.kind === "building").length;
	return new Map(places.map((p) => {
		const names: string[] = [];
		for (let up: Place | undefined = p; up; up = byId.get(up.parent)) {
			if (up.kind !== "floor" && (up.kind !== "building" || buildings > 1 || up === p)) {
				names.unshift(up.name);
			}
		}
		return [p.id, names.join(", ")];
	}));
}

function LineTable({ lines }: { lines: LineState[] }) {
	const t = useText();
	return (
		<div class="scroll">
			<table class="cards">
				<thead>
					<tr>
						<th scope="col">{t.lines.line}</th>
						<th scope="col">{t.lines.state}</th>
						<th scope="col" class="number">{t.lines.silentOf}</th>
						<th scope="col">{t.lines.use}</th>
						<th scope="col" class="number">{t.lines.queue}</th>
						<th scope="col">{t.lines.lastError}</th>
					</tr>
				</thead>
				<tbody>
					{lines.map((l) => (
						<tr key={l.line}>
							<th scope="row"><a href={`/lines/${l.line}`}>{l.name}</a></th>
							<td data-label={t.lines.state}><HealthState health={l.health} /></td>
							<td class="number" data-label={t.lines.silentOf}>{l.meters_silent} / {l.meters}</td>
							<td data-label={t.lines.use}><LineUse line={l} /></td>
							<td class="number" data-label={t.lines.queue}>{l.queue}</td>
							<td data-label={l.error ? t.lines.lastError : undefined}>
								<ErrorCell error={l.error} />
								{l.error && l.error_utc ? <div class="small muted"><Age utc={l.error_utc} /></div> : null}
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function MeterRow(props: { meter: MeterState; place: string; line: string; canRead: boolean }) {
	const t = useText();
	const m = props.meter;
	const isQuiet = m.silent_since_utc !== null;
	return (
		<tr>
			<th scope="row">
				<a href={`/meters/${m.meter}`}>{m.name}</a>
				<div class="small muted">
					{props.place}
					{props.line ? <>{props.place ? " · " : ""}<a class="plain-link" href={`/lines/${m.line}`}>{props.line}</a></> : null}
				</div>
			</th>
			<td data-label={t.lines.state}>
				<div><HealthState health={m.health} /></div>
				<div class="small muted answered">
					{m.last_ok_utc === null ? t.lines.notYet : <>{t.lines.answered} <Age utc={m.last_ok_utc} /></>}{isQuiet && m.backoff_s > 0 ? `, ${t.lines.rarely}` : ""}
				</div>
			</td>
			<td data-label={m.gap_records > 0 || m.lost_records > 0 ? t.lines.gaps : undefined}>
				{m.gap_records > 0 ? (
					<div>
						{t.lines.records(m.gap_records)} <Deadline utc={m.gap_loss_utc} />
					</div>
				) : null}
				{m.lost_records > 0 ? <div class="small muted">{t.lines.lost(m.lost_records)}</div> : null}
			</td>
			<td data-label={t.lines.clock}><ClockOffset meter={m} /></td>
			<td data-label={m.error ? t.lines.lastError : undefined}><ErrorCell error={m.error} /></td>
			<td class="row-action">{props.canRead ? <ReadNow meter={m.meter} /> : null}</td>
		</tr>
	);
}

type Filter = "attention" | "all";

export function MeterTable(props: { meters: MeterState[]; lineNames: ReadonlyMap<number, string> }) {
	const t = useText();
	const rights = useRights();
	const places = useGet("/places");
	const names = useMemo(() => placeNames(places.data?.items ?? []), [places.data]);
	return (
		<div class="scroll">
			<table class="cards meter-table">
				<thead>
					<tr>
						<th scope="col">{t.lines.meter}</th>
						<th scope="col">{t.lines.state}</th>
						<th scope="col">{t.lines.gaps}</th>
						<th scope="col">{t.lines.clock}</th>
						<th scope="col">{t.lines.lastError}</th>
						<th scope="col"><span class="hidden-label">{t.lines.readNow}</span></th>
					</tr>
				</thead>
				<tbody>
					{props.meters.map((m) => (
						<MeterRow key={m.meter} meter={m} canRead={rights.operate} place={names.get(m.place) ?? ""} line={props.lineNames.get(m.line) ?? ""} />
					))}
				</tbody>
			</table>
		</div>
	);
}

export function LinesPage({ route }: { route: Route }) {
	const t = useText();
	const rights = useRights();
	const lines = useLineStates();
	const meters = useMeterStates();
	const [search, setSearch] = useState("");
	useTitle(t.nav.lines);
	const problem = lines.items ? meters.items ? null : meters.problem : lines.problem;
	if (problem) {
		return <ProblemNotice problem={problem} retry={() => { lines.reload(); meters.reload(); }} />;
	}
	if (!lines.items || !meters.items) {
		return <Busy />;
	}
	if (lines.items.length === 0) {
		return (
			<Empty
				title={t.lines.emptyTitle}
				actions={rights.setup_devices ? <a class="button main" href="/setup/lines/new"><Icon name="plus" />{t.setup.addLine}</a> : null}
			>
				{t.lines.emptyText}
			</Empty>
		);
	}
	const all = [...meters.items].sort(byUrgency);
	const troubled = all.filter(wantsPerson);
	const filter: Filter = route.query.get("show") === "all" || troubled.length === 0 ? "all" : "attention";
	const words = search.trim().toLocaleLowerCase();
	const shown = (filter === "all" ? all : troubled).filter((m) => m.name.toLocaleLowerCase().includes(words));
	const silent = all.filter((m) => m.health === "silent" || m.health === "failed").length;
	const gaps = all.reduce((n, m) => n + m.gap_records, 0);
	const firstLoss = all.find((m) => m.gap_loss_utc !== null);
	return (
		<>
			<header>
				<h1>{t.nav.lines}</h1>
				<div class="lines-summary">
					{silent > 0
						? <State tone="bad" icon="silent" text={t.lines.silentCount(silent)} />
						: <State tone="ok" icon="ok" text={t.lines.allAnswer} />}
					{gaps > 0 ? <State tone="warning" icon="clock" text={t.lines.gapCount(gaps)} /> : null}
					{firstLoss ? <span><a href={`/meters/${firstLoss.meter}`}>{firstLoss.name}</a>: <Deadline utc={firstLoss.gap_loss_utc} /></span> : null}
				</div>
			</header>
			<section class="sheet">
				<header>
					<h2>{t.lines.meters}</h2>
					<Segmented<Filter>
						label={t.lines.meters}
						options={[
							{ value: "attention", text: `${t.lines.attention} (${troubled.length})` },
							{ value: "all", text: `${t.all} (${all.length})` },
						]}
						value={filter}
						onChange={(show) => navigate(withQuery({ show: show === "all" ? "all" : null }), "replace")}
					/>
					<label class="lines-search">
						<span class="hidden-label">{t.lines.search}</span>
						<input type="search" placeholder={t.lines.search} value={search} onInput={(e) => setSearch(e.currentTarget.value)} />
					</label>
				</header>
				{shown.length > 0
					? <MeterTable meters={shown} lineNames={new Map(lines.items.map((l) => [l.line, l.name]))} />
					: all.length === 0
						? (
							<Empty
								title={t.lines.noMeters}
								actions={rights.setup_devices ? <a class="button main" href="/setup/meters/new"><Icon name="plus" />{t.setup.addMeter}</a> : null}
							>
								{t.lines.noMetersText}
							</Empty>
						)
						: <Empty title={t.lines.noneFound} />}
			</section>
			<section class="sheet">
				<header><h2>{t.lines.lines}</h2></header>
				<LineTable lines={lines.items} />
			</section>
		</>
	);
}
