/*
 * quality.tsx - quality of supply of a building or a flat in a month: what was bad, for how long, what it
 * takes off the bill, by which rule
 *
 * The address holds month, place, service and charge, so that what is seen can be sent.
 */
import { useMemo } from "preact/hooks";
import { useGet } from "~/api/use-get";
import type { SupplyQuality, SupplyService } from "~/api/types";
import { navigate, withQuery } from "~/app/route";
import { formatNumber, plainNumber } from "~/format/number";
import { formatMonth } from "~/format/time";
import { useLang, type Lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import type { SectionProps } from "~/pages/building/sections";
import { CopyTable } from "~/parts/copy-table";
import { Icon, type IconName } from "~/parts/icon";
import { Busy, Notice, ProblemNotice } from "~/parts/notice";
import { State } from "~/parts/state";
import { ServiceDetail } from "./detail";
import { hoursText, percentText } from "./text";
import "./quality.css";

const ICONS: Record<SupplyService["service"], readonly [IconName, string]> = {
	cold_water: ["drop", "--cold"],
	hot_water: ["hotdrop", "--hot"],
	heating: ["heat", "--heat"],
	electricity: ["bolt", "--power"],
	sewer: ["drop", "--other"],
	gas: ["gas", "--gas"],
};

/* Bad hours of all kinds; an hour that is bad in two ways counts in both, as in the rules. */
export const badHours = (s: SupplyService): number => s.kinds.reduce((sum, k) => sum + k.bad_h, 0);

/* Hours nothing is known about, of the kind of which least is known among those that are measured. */
const unknownHours = (s: SupplyService): number =>
	Math.max(0, ...s.kinds.filter((k) => k.is_measured).map((k) => k.no_data_h));

function shiftMonth(month: string, by: number): string {
	const [year, number] = month.split("-").map(Number);
	const at = (year ?? 1970) * 12 + (number ?? 1) - 1 + by;
	return `${Math.floor(at / 12)}-${String(at % 12 + 1).padStart(2, "0")}`;
}

function monthText(month: string, lang: Lang): string {
	const [year, number] = month.split("-").map(Number);
	return formatMonth({ year: year ?? 1970, month: number ?? 1, day: 1 }, lang);
}

function MonthSwitch({ month, isRunning }: { month: string; isRunning: boolean }) {
	const t = useText();
	const lang = useLang();
	const go = (by: number) => navigate(withQuery({ month: shiftMonth(month, by) }), "replace");
	return (
		<div class="quality-month">
			<button type="button" class="button bare" onClick={() => go(-1)} aria-label={t.supply.monthBefore}><Icon name="left" /></button>
			<strong>{monthText(month, lang)}</strong>
			<button type="button" class="button bare" onClick={() => go(1)} disabled={isRunning} aria-label={t.supply.monthAfter}><Icon name="right" /></button>
			{isRunning ? <span class="small muted">{t.supply.running}</span> : null}
		</div>
	);
}

/* The building, and the flats of it that may be looked into. */
function PlaceChoice({ building, place }: { building: number; place: number }) {
	const t = useText();
	const places = useGet("/places", {});
	const flats = useMemo(() => {
		const items = places.data?.items ?? [];
		const parents = new Map(items.map((p) => [p.id, p.parent]));
		const isInside = (id: number): boolean => {
			for (let at: number | undefined = id, depth = 0; at && depth < 32; at = parents.get(at), depth++) {
				if (at === building) {
					return true;
				}
			}
			return false;
		};
		return items.filter((p) => (p.kind === "flat" || p.kind === "office") && isInside(p.id));
	}, [places.data, building]);
	if (flats.length === 0) {
		return null;
	}
	return (
		<label class="inline-field">
			<span class="small muted">{t.supply.place}</span>
			<select value={place} onChange={(e) => navigate(withQuery({ place: Number(e.currentTarget.value) === building ? null : e.currentTarget.value, charge: null, cold: null }), "replace")}>
				<option value={building}>{t.supply.building}</option>
				{flats.map((p) => <option key={p.id} value={p.id}>{p.name}</option>)}
			</select>
		</label>
	);
}

function ServiceState({ service }: { service: SupplyService }) {
	const t = useText();
	const bad = badHours(service);
	if (!service.is_measured) {
		return <State tone="idle" icon="unknown" text={service.sources.length > 0 ? t.supply.noData : t.supply.notMeasured} isPlain />;
	}
	if (bad > 0) {
		return <State tone="warning" icon="warning" text={t.supply.violated} />;
	}
	/* "nothing bad was seen" is not "all was well" */
	return unknownHours(service) > 0.05 * service.judged_h
		? <State tone="info" icon="unknown" text={t.supply.keptPartly} isPlain />
		: <State tone="ok" icon="ok" text={t.supply.kept} isPlain />;
}

function Services({ data, chosen }: { data: SupplyQuality; chosen: SupplyService | undefined }) {
	const t = useText();
	const lang = useLang();
	const hasMoney = data.services.some((s) => s.money !== null);
	return (
		<div class="scroll">
			<table class="quality-table">
				<thead>
					<tr>
						<th scope="col">{t.supply.service}</th>
						<th scope="col" class="wide-only">{t.supply.state}</th>
						<th scope="col" class="number">{t.supply.violations}<span class="unit">{t.supply.hour}</span></th>
						<th scope="col" class="number wide-only">{t.supply.noData}<span class="unit">{t.supply.hour}</span></th>
						<th scope="col" class="number">{t.supply.reduction}<span class="unit">%</span></th>
						{hasMoney ? <th scope="col" class="number">{t.supply.refund}</th> : null}
					</tr>
				</thead>
				<tbody>
					{data.services.map((s) => (
						<tr key={s.service} aria-selected={s.service === chosen?.service}>
							<th scope="row">
								<button
									type="button" class="quality-pick"
									aria-pressed={s.service === chosen?.service}
									onClick={() => navigate(withQuery({ service: s.service, charge: null, cold: null }), "replace")}
								>
									<span style={{ color: `var(${ICONS[s.service][1]})` }}><Icon name={ICONS[s.service][0]} /></span>
									{t.supply.services[s.service]}
								</button>
								<div class="narrow-only">
									<ServiceState service={s} />
									{s.is_measured ? <div class="small muted">{t.supply.noData}: {hoursText(unknownHours(s), lang)} {t.supply.hour}</div> : null}
								</div>
							</th>
							<td class="wide-only"><ServiceState service={s} /></td>
							<td class="number">{s.is_measured ? hoursText(badHours(s), lang) : "—"}</td>
							<td class="number wide-only">{s.is_measured ? hoursText(unknownHours(s), lang) : "—"}</td>
							<td class="number">{s.is_measured ? percentText(s.percent, lang) : "—"}</td>
							{hasMoney ? <td class="number">{formatNumber(s.money?.refund ?? null, 2, lang)}</td> : null}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

/* What a technician looks for first: the service that takes most off, else one that is measured. */
function worstOf(data: SupplyQuality): SupplyService | undefined {
	return [...data.services].sort((a, b) =>
		(b.percent ?? -1) - (a.percent ?? -1) || badHours(b) - badHours(a))[0];
}

export function QualityPage({ id, route }: SectionProps) {
	const t = useText();
	const lang = useLang();
	const month = route.query.get("month");
	const place = Number(route.query.get("place")) || id;
	const supply = useGet("/places/{id}/supply-quality", { id: place, ...(month ? { month } : {}) }, 600);
	const data = supply.data;
	const asked = route.query.get("service");
	const chosen = data ? data.services.find((s) => s.service === asked) ?? worstOf(data) : undefined;
	const isMeasured = data?.services.some((s) => s.is_measured) ?? false;
	const asRows = (): string[][] => data ? [
		[t.supply.service, `${t.supply.violations}, ${t.supply.hour}`, `${t.supply.noData}, ${t.supply.hour}`, `${t.supply.reduction}, %`, t.supply.refund],
		...data.services.map((s) => [
			t.supply.services[s.service], plainNumber(s.is_measured ? badHours(s) : null, 0, lang),
			plainNumber(s.is_measured ? unknownHours(s) : null, 0, lang), plainNumber(s.percent, 2, lang), plainNumber(s.money?.refund ?? null, 2, lang),
		]),
	] : [];
	return (
		<>
			<section class="sheet" aria-label={t.supply.title}>
				<header>
					{data ? <MonthSwitch month={data.month} isRunning={data.is_running} /> : null}
					<PlaceChoice building={id} place={place} />
					{data ? <CopyTable name={`quality-${place}-${data.month}`} rows={asRows} /> : null}
				</header>
				{supply.problem ? <div class="quality-notes"><ProblemNotice problem={supply.problem} retry={supply.reload} /></div> : null}
				{!data ? (supply.problem ? null : <Busy />) : <Services data={data} chosen={chosen} />}
				{data && !isMeasured ? (
					<div class="quality-notes">
						<Notice tone="info" title={t.supply.nothing}>{t.supply.nothingText}</Notice>
					</div>
				) : null}
			</section>
			{data && chosen ? <ServiceDetail key={`${place}/${data.month}/${chosen.service}`} place={place} month={data.month} brief={chosen} zone={data.calendar.zone} route={route} /> : null}
		</>
	);
}
