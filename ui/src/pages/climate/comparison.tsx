/*
 * comparison.tsx - floors, entrances and flats of a month side by side, and which flats need a look
 */
import { useGet } from "~/api/use-get";
import type { Comparison, ComparisonFlat, ComparisonGroup } from "~/api/types";
import { navigate, withQuery, type Route } from "~/app/route";
import { reportDayOf, reportMonthOf, type Calendar, type DateRange } from "~/format/calendar";
import { nodeNow } from "~/api/clock";
import { formatNumber, plainNumber } from "~/format/number";
import { formatMonth } from "~/format/time";
import { unitName } from "~/format/unit";
import { addDays, isoDate, parseIsoDate, type LocalDate } from "~/format/zone";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { Icon, type IconName } from "~/parts/icon";
import { Busy, Empty, Notice, ProblemNotice } from "~/parts/notice";
import { decimalsOver } from "~/parts/quantity";
import { Segmented } from "~/parts/segmented";
import { State, type Tone } from "~/parts/state";

type FlatClass = ComparisonFlat["class"];

const LOOKS: Record<FlatClass, { tone: Tone; icon: IconName }> = {
	critical: { tone: "bad", icon: "failed" },
	nobody: { tone: "bad", icon: "user" },
	fault: { tone: "bad", icon: "silent" },
	attention: { tone: "warning", icon: "warning" },
	no_data: { tone: "idle", icon: "unknown" },
	no_norm: { tone: "idle", icon: "unknown" },
	no_meter: { tone: "idle", icon: "disabled" },
	normal: { tone: "ok", icon: "ok" },
};
const ORDER = Object.keys(LOOKS) as FlatClass[]; /* what needs a person first */
const RESOURCES = ["heat_energy", "hot_water", "cold_water", "active_energy"] as const;

function Groups({ title, groups, most, per }: { title: string; groups: readonly ComparisonGroup[]; most: number; per: string }) {
	const t = useText();
	const lang = useLang();
	if (groups.length < 2) {
		return null;
	}
	return (
		<div class="climate-groups">
			<h3>{title}</h3>
			<ul>
				{groups.map((g) => (
					<li key={g.id}>
						<span>{g.name === "" ? t.climate.floor(g.id) : g.name}</span>
						{g.is_hidden ? <span class="small muted">{t.climate.hidden(g.known)}</span> : (
							<>
								<span class="climate-bar" aria-hidden="true"><i style={{ width: `${(g.mean ?? 0) / most * 100}%` }} /></span>
								<span class="climate-number">{formatNumber(g.mean, 1, lang)} <span class="unit">{per}</span></span>
								<span class={`small ${g.ratio !== null && Math.abs(g.ratio - 1) > 0.3 ? "doubtful" : "muted"}`}>
									{g.ratio === null ? "" : `×${formatNumber(g.ratio, 2, lang)}`}
								</span>
							</>
						)}
					</li>
				))}
			</ul>
		</div>
	);
}

/* Quartiles of the house and every flat that may be seen, on one line. */
function Box({ data, per }: { data: Comparison; per: string }) {
	const t = useText();
	const lang = useLang();
	const { house } = data;
	const seen = data.flats.flatMap((f) => f.specific === null ? [] : [f]);
	const top = Math.max(house.max ?? 0, house.quartile_high ?? 0, ...seen.map((f) => f.specific ?? 0));
	if (house.median === null || house.quartile_low === null || house.quartile_high === null || top <= 0) {
		return null;
	}
	const at = (v: number): string => `${v / top * 100}%`;
	return (
		<div class="climate-box">
			<div class="climate-box-line" aria-hidden="true">
				<i class="box" style={{ left: at(house.quartile_low), width: at(house.quartile_high - house.quartile_low) }} />
				<i class="median" style={{ left: at(house.median) }} />
				{seen.map((f) => <i key={f.place} class={`dot${Math.abs(f.z ?? 0) > 3.5 ? " is-odd" : ""}`} style={{ left: at(f.specific ?? 0) }} title={`${f.name}: ${formatNumber(f.specific, 1, lang)} ${per}`} />)}
			</div>
			<p class="small muted">
				{t.climate.box(formatNumber(house.median, 1, lang), formatNumber(house.quartile_low, 1, lang), formatNumber(house.quartile_high, 1, lang), per)}
			</p>
		</div>
	);
}

function Classes({ data }: { data: Comparison }) {
	const t = useText();
	const lang = useLang();
	if (!data.classes) {
		return null;
	}
	const { classes } = data;
	const unit = unitName(data.unit, lang);
	return (
		<div class="climate-classes">
			{ORDER.filter((c) => classes[c] > 0).map((c) => (
				<State key={c} tone={LOOKS[c].tone} icon={LOOKS[c].icon} text={`${t.climate.classes[c]}: ${classes[c]}`} />
			))}
			{(data.over_norm ?? 0) > 0 ? <span class="small">{t.climate.overNorm}: {formatNumber(data.over_norm, 2, lang)} {unit}</span> : null}
			{(data.nobody ?? 0) > 0 ? <span class="small">{t.climate.nobodyUsed}: {formatNumber(data.nobody, 2, lang)} {unit}</span> : null}
		</div>
	);
}

function Flats({ data, per }: { data: Comparison; per: string }) {
	const t = useText();
	const lang = useLang();
	const unit = unitName(data.unit, lang);
	const decimals = decimalsOver(data.quantity, data.unit.symbol, data.flats.map((f) => f.value));
	const rows = [...data.flats].sort((a, b) => ORDER.indexOf(a.class) - ORDER.indexOf(b.class) || (b.specific ?? -1) - (a.specific ?? -1));
	const heads = [t.climate.flat, t.climate.class, `${t.climate.used}, ${unit}`, `${t.climate.norm}, ${unit}`, per, "z", t.climate.people, t.climate.area];
	const cells = (f: ComparisonFlat, n: typeof formatNumber): string[] => [
		n(f.value, decimals, lang), n(f.norm, decimals, lang), n(f.specific, 1, lang), n(f.z, 1, lang),
		String(f.people), n(f.area_m2, 1, lang),
	];
	const asRows = (): string[][] => [heads, ...rows.map((f) => [f.name, t.climate.classes[f.class], ...cells(f, (v, d, l) => plainNumber(v ?? null, d, l))])];
	if (rows.length === 0) {
		return null;
	}
	return (
		<>
			<div class="climate-pad climate-row"><h3>{t.climate.flats}</h3><CopyTable name={`comparison-${data.place}-${data.quantity.code}`} rows={asRows} /></div>
			<div class="scroll">
				<table class="sticky-first">
					<thead><tr>{heads.map((h, i) => <th key={h} scope="col" class={i > 1 ? "number" : ""} title={h === "z" ? t.climate.zHint : undefined}>{h}</th>)}</tr></thead>
					<tbody>
						{rows.map((f) => (
							<tr key={f.place}>
								<td>{f.name}</td>
								<td><State tone={LOOKS[f.class].tone} icon={LOOKS[f.class].icon} text={t.climate.classes[f.class]} isPlain /></td>
								{cells(f, formatNumber).map((c, i) => <td key={i} class={`number${i === 3 && Math.abs(f.z ?? 0) > 3.5 ? " doubtful" : ""}`}>{c}</td>)}
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</>
	);
}

function Body({ data }: { data: Comparison }) {
	const t = useText();
	const per = data.per === "m2" ? t.climate.kwhPerM2 : t.climate.perPerson(unitName(data.unit, useLang()));
	const most = Math.max(...[...data.floors, ...data.entrances].map((g) => g.mean ?? 0), 1e-9);
	if (data.house.flats === 0) {
		return <Empty title={t.climate.noFlats} />;
	}
	return (
		<>
			{data.is_running ? <p class="climate-pad small muted">{t.climate.runningMonth}</p> : null}
			<Classes data={data} />
			{data.flats.some((f) => f.class === "no_norm") ? (
				<div class="climate-pad"><Notice tone="info" title={t.climate.noNorm}>{t.climate.noNormText(`norm.${data.quantity.code === "heat_energy" ? "heating" : data.quantity.code}`)}</Notice></div>
			) : null}
			<Box data={data} per={per} />
			<div class="climate-two">
				<Groups title={t.climate.byFloor} groups={data.floors} most={most} per={per} />
				<Groups title={t.climate.byEntrance} groups={data.entrances} most={most} per={per} />
			</div>
			<Flats data={data} per={per} />
		</>
	);
}

/* A report month is called after the month it closes in, a civil one after its own. */
function nameOf(calendar: Calendar, month: DateRange): LocalDate {
	const date = calendar.reportDay === 1 ? month.from : addDays(month.till, 1);
	return { ...date, day: 1 };
}

export function ComparisonSheet({ id, route, calendar }: { id: number; route: Route; calendar: Calendar }) {
	const t = useText();
	const lang = useLang();
	const last = reportMonthOf(calendar, addDays(reportMonthOf(calendar, reportDayOf(calendar, nodeNow())).from, -1));
	const named = parseIsoDate(`${route.query.get("month") ?? ""}-01`) ?? nameOf(calendar, last);
	const month = isoDate(named).slice(0, 7);
	const asked = route.query.get("resource");
	const resource = RESOURCES.find((r) => r === asked) ?? "heat_energy";
	const answer = useGet("/places/{id}/comparison", { id, resource, month }, 600);
	const go = (days: number) => navigate(withQuery({ month: isoDate(addDays(named, days)).slice(0, 7) }), "replace");
	return (
		<section class="sheet" aria-label={t.climate.comparison} id="comparison">
			<header>
				<h2>{t.climate.comparison}</h2>
				<Segmented
					label={t.climate.resource}
					options={RESOURCES.map((value) => ({ value, text: t.climate.resources[value] }))}
					value={resource}
					onChange={(r) => navigate(withQuery({ resource: r }), "replace")}
				/>
				<span class="climate-row">
					<button type="button" class="button square" title={t.range.previous} onClick={() => go(-1)}><Icon name="left" /><span class="hidden-label">{t.range.previous}</span></button>
					<strong class="climate-month">{formatMonth(named, lang)}</strong>
					<button type="button" class="button square" title={t.range.next} onClick={() => go(35)}><Icon name="right" /><span class="hidden-label">{t.range.next}</span></button>
				</span>
			</header>
			{answer.problem ? <div class="climate-pad"><ProblemNotice problem={answer.problem} retry={answer.reload} /></div> : null}
			{answer.data ? <Body data={answer.data} /> : answer.problem ? null : <Busy />}
		</section>
	);
}
