/*
 * efficiency.tsx - how much heat the building takes for its size and the weather: signature, months,
 * class, and its floors, entrances and flats against each other
 */
import { useMemo } from "preact/hooks";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { Efficiency, EfficiencyPeriod } from "~/api/types";
import { rangeSpan, type Calendar } from "~/format/calendar";
import { formatNumber, formatShare, plainNumber } from "~/format/number";
import { formatMonth } from "~/format/time";
import { dateOf, localTime } from "~/format/zone";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { Busy, Notice, ProblemNotice } from "~/parts/notice";
import { RangeBar } from "~/parts/range-bar";
import { State } from "~/parts/state";
import { TrustMark } from "~/parts/value";
import type { SectionProps } from "../building/sections";
import { ComparisonSheet } from "./comparison";
import { Fact, Facts } from "./facts";
import { SignatureSheet } from "./signature";
import { spanOf } from "./span";
import { WithCalendar } from "./with-calendar";
import "./climate.css";

function Overview({ data }: { data: Efficiency }) {
	const t = useText();
	const lang = useLang();
	const { total, forecast, year } = data;
	return (
		<section class="sheet" aria-label={t.climate.specific}>
			<header><h2>{t.climate.specific}</h2></header>
			<Facts>
				<Fact name={t.climate.heat}>
					{formatNumber(total.heat.value, 2, lang)}<TrustMark total={total.heat} /> <span class="unit">{t.climate.gcal}</span>
				</Fact>
				<Fact name={t.climate.perArea}>{formatNumber(total.kwh_per_m2, 1, lang)} <span class="unit">{t.climate.kwhPerM2}</span></Fact>
				<Fact name={t.climate.perDegreeDay} hint={t.climate.perDegreeDayHint}>
					{formatNumber(total.wh_per_m2_degree_day, 1, lang)} <span class="unit">{t.climate.whPerM2DegreeDay}</span>
				</Fact>
				<Fact name={t.climate.gsop} hint={t.climate.gsopHint}>
					{formatNumber(total.degree_days.gsop.sum, 0, lang)}
					<span class="small muted"> {t.climate.ofDays(total.degree_days.gsop.known, total.days)}</span>
				</Fact>
				{total.norm !== null ? (
					<Fact name={t.climate.againstNorm} hint={t.climate.savingHint}>
						<span class={(total.saving_percent ?? 0) < 0 ? "doubtful" : ""}>{formatNumber(total.saving_percent, 0, lang)}</span> <span class="unit">%</span>
						{total.saving_money !== null ? <span class="small muted"> {formatNumber(total.saving_money, 2, lang)}</span> : null}
					</Fact>
				) : null}
				<Fact name={t.climate.yearHeat} hint={t.climate.yearHint}>
					{formatNumber(year.kwh_per_m2, 0, lang)} {year.kwh_per_m2 === null ? null : <span class="unit">{t.climate.kwhPerM2}</span>}
					<span class="small muted"> {year.basis ? t.climate.yearBasis[year.basis] : t.climate.yearUnknown(year.days)}</span>
				</Fact>
				{forecast ? (
					<Fact name={t.climate.forecast} hint={t.climate.forecastBasis[forecast.basis]}>
						{formatNumber(forecast.total, 2, lang)} <span class="unit">{t.climate.gcal}</span>
						<span class="small muted"> {forecast.total === null ? t.climate.forecastHole(forecast.days_passed - forecast.days_known) : t.climate.forecastKnown(formatNumber(forecast.known, 2, lang), forecast.days_left)}</span>
					</Fact>
				) : null}
			</Facts>
			<p class="climate-sources small muted">
				{t.climate.otherDegreeDays}: {data.rules.map((r) => t.climate.degreeDays[r.name](
					formatNumber(total.degree_days[r.name].sum, 0, lang), formatNumber(r.base, 0, lang), formatNumber(r.limit, 0, lang))).join(" · ")}
			</p>
			{data.area_m2 === null ? <div class="climate-pad"><Notice tone="info" title={t.climate.noArea}>{t.climate.noAreaText}</Notice></div> : null}
		</section>
	);
}

function EnergyClass({ data }: { data: Efficiency }) {
	const t = useText();
	const lang = useLang();
	const rights = useRights();
	const c = data.class;
	const source = c.bounds[0];
	const range = (i: number): string => {
		const upper = c.bounds[i]?.upper_percent ?? null;
		const lower = i > 0 ? c.bounds[i - 1]!.upper_percent : null;
		const text = (v: number) => `${v > 0 ? "+" : ""}${formatNumber(v, 0, lang)}`;
		return upper === null ? `> ${text(lower ?? 0)}` : lower === null ? `≤ ${text(upper)}` : `${text(lower)} … ${text(upper)}`;
	};
	return (
		<section class="sheet" aria-label={t.climate.classTitle}>
			<header>
				<h2>{t.climate.classTitle}</h2>
				{c.label ? <strong class="climate-class">{c.label}</strong> : null}
				{c.label && c.is_provisional ? <State tone="info" icon="unknown" text={t.climate.provisional} /> : null}
				{source && !source.is_confirmed ? <State tone="warning" icon="warning" text={t.climate.notConfirmed} /> : null}
			</header>
			{c.base === null || c.label === null ? (
				<div class="climate-pad">
					<Notice
						tone="info"
						title={t.climate.noClass}
						actions={rights.setup_places ? <a class="button" href="/setup/parameters">{t.climate.enterParameter}</a> : null}
					>
						{c.base === null ? t.climate.noBase : t.climate.noYear}
					</Notice>
				</div>
			) : (
				<p class="climate-pad">
					{t.climate.classText(formatNumber(data.year.kwh_per_m2, 0, lang), formatNumber(c.base.value, 0, lang), formatNumber(c.deviation_percent, 1, lang))}
				</p>
			)}
			<ul class="climate-scale">
				{c.bounds.map((b, i) => (
					<li key={b.label} class={b.label === c.label ? "is-here" : ""} aria-current={b.label === c.label ? "true" : undefined} title={b.text[lang]}>
						<b>{b.label}</b><span class="small">{range(i)} %</span>
					</li>
				))}
			</ul>
			{source ? (
				<p class="climate-sources small muted">
					{t.climate.bounds}: {source.source[lang]}{source.is_confirmed ? "" : ` (${t.climate.notConfirmed})`}.
					{c.base ? ` ${t.climate.baseName}: ${c.base.source[lang] === "" ? t.climate.noSource : c.base.source[lang]}${c.base.is_confirmed ? "" : ` (${t.climate.notConfirmed})`}.` : ""} {t.climate.classHeatOnly}
				</p>
			) : null}
		</section>
	);
}

function Months({ data }: { data: Efficiency }) {
	const t = useText();
	const lang = useLang();
	const heads = [t.climate.month, `${t.climate.heat}, ${t.climate.gcal}`, `${t.climate.outdoor}, °C`, t.climate.gsop, t.climate.kwhPerM2, t.climate.whPerM2DegreeDay,
		`${t.climate.byNorm}, ${t.climate.gcal}`, `${t.climate.saving}, %`, t.climate.daysKnown];
	const name = (p: EfficiencyPeriod): string => formatMonth(dateOf(localTime(p.start, data.calendar.zone)), lang);
	const asRows = (): string[][] => [heads, ...data.months.map((p) => [
		name(p), plainNumber(p.heat.value, 3, lang), plainNumber(p.outdoor.value, 1, lang), plainNumber(p.degree_days.gsop.sum, 1, lang),
		plainNumber(p.kwh_per_m2, 2, lang), plainNumber(p.wh_per_m2_degree_day, 2, lang),
		plainNumber(p.norm, 3, lang), plainNumber(p.saving_percent, 1, lang), formatShare(p.heat.completeness, lang),
	])];
	return (
		<section class="sheet" aria-label={t.climate.months}>
			<header><h2>{t.climate.months}</h2><CopyTable name={`efficiency-${data.place}`} rows={asRows} /></header>
			<div class="scroll">
				<table class="sticky-first">
					<thead><tr>{heads.map((h, i) => <th key={h} scope="col" class={i ? "number" : ""}>{h}</th>)}</tr></thead>
					<tbody>
						{[...data.months].reverse().map((p) => (
							<tr key={p.start}>
								<td>{name(p)}{p.is_running ? <span class="small muted"> {t.zones.running}</span> : null}</td>
								<td class="number">{formatNumber(p.heat.value, 2, lang)}<TrustMark total={p.heat} /></td>
								<td class="number">{formatNumber(p.outdoor.value, 1, lang)}<TrustMark total={p.outdoor} /></td>
								<td class="number">{formatNumber(p.degree_days.gsop.sum, 0, lang)}</td>
								<td class="number">{formatNumber(p.kwh_per_m2, 1, lang)}</td>
								<td class="number">{formatNumber(p.wh_per_m2_degree_day, 1, lang)}</td>
								<td class="number">{formatNumber(p.norm, 2, lang)}</td>
								<td class={`number${(p.saving_percent ?? 0) < 0 ? " doubtful" : ""}`} title={t.climate.savingHint}>{formatNumber(p.saving_percent, 0, lang)}</td>
								<td class="number">{formatShare(p.heat.completeness, lang)}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

function Page({ id, route, calendar }: SectionProps & { calendar: Calendar }) {
	const range = useMemo(() => spanOf(route, calendar), [route.query.get("from"), route.query.get("till"), calendar.zone]);
	const span = rangeSpan(calendar, range);
	const signature = useGet("/places/{id}/signature", { id, ...span }, 600);
	const efficiency = useGet("/places/{id}/efficiency", { id, ...span }, 600);
	return (
		<>
			<RangeBar calendar={calendar} range={range} names={["this_month", "last_month"]} />
			{efficiency.problem ? <ProblemNotice problem={efficiency.problem} retry={efficiency.reload} /> : null}
			{efficiency.data ? <Overview data={efficiency.data} /> : efficiency.problem ? null : <Busy />}
			{signature.problem ? <ProblemNotice problem={signature.problem} retry={signature.reload} /> : null}
			{signature.data ? <SignatureSheet data={signature.data} /> : signature.problem ? null : <Busy />}
			{efficiency.data ? <><Months data={efficiency.data} /><EnergyClass data={efficiency.data} /></> : null}
			<ComparisonSheet id={id} route={route} calendar={calendar} />
		</>
	);
}

export function EfficiencyPage(props: SectionProps) {
	return <WithCalendar id={props.id}>{(calendar) => <Page {...props} calendar={calendar} />}</WithCalendar>;
}
