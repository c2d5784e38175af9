/*
 * zones.tsx - the last months of an electricity channel by zones of the day, beside what the meter itself
 * counted by tariff
 *
 * The registers of the meter are what is paid by; the profile checks them, and shows another tariff.
 */
import { useMemo } from "preact/hooks";
import { nodeNow } from "~/api/clock";
import { useGet } from "~/api/use-get";
import type { ChannelDetail, ChannelZones, ZoneCalendar, ZonePeriod } from "~/api/types";
import { navigate, withQuery, type Route } from "~/app/route";
import { dayStart, reportDayOf, reportMonthOf, type Calendar } from "~/format/calendar";
import { formatNumber, formatShare, plainNumber } from "~/format/number";
import { formatDate } from "~/format/time";
import { unitName } from "~/format/unit";
import { parseIsoDate } from "~/format/zone";
import { useLang, type Lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { Busy, Empty, Notice, ProblemNotice } from "~/parts/notice";
import { decimalsOver } from "~/parts/quantity";
import { Segmented } from "~/parts/segmented";
import { State } from "~/parts/state";
import { TrustMark } from "~/parts/value";
import { periodText } from "./period-text";
import "./zones.css";

const MONTHS = 12;

/* Zones that people know keep their colour in every calendar. */
const COLOURS: Record<string, string> = { night: "--cold", day: "--hot", peak: "--heat", half_peak: "--hot" };
const OTHERS = ["--power", "--gauge", "--gas", "--other"];
const colourOf = (name: string, index: number): string => COLOURS[name] ?? OTHERS[index % OTHERS.length]!;

export const hasZones = (code: string): boolean => /^active_energy(_export)?$/.test(code);

/* Rounded, so that zones come to 100 %; formatShare rounds down. */
const percentOf = (share: number | null, lang: Lang): string =>
	share === null ? "" : `${formatNumber(share * 100, 0, lang)}${lang === "ru" ? "\u202f" : ""}%`;

const signed = (percent: number, lang: Lang): string =>
	`${percent > 0 ? "+" : ""}${formatNumber(percent, Math.abs(percent) < 10 ? 1 : 0, lang)}${lang === "ru" ? "\u202f" : ""}%`;

/* The widest difference of a month, if one could be told. */
function worstOf(p: ZonePeriod): number | null {
	const known = (p.meter?.difference_percent ?? []).filter((d): d is number => d !== null);
	return known.length === 0 ? null : known.reduce((a, b) => Math.abs(b) > Math.abs(a) ? b : a);
}

function Bar({ data, period }: { data: ChannelZones; period: ZonePeriod }) {
	const lang = useLang();
	return (
		<span class="zone-bar" aria-hidden="true">
			{data.zones.map((z, i) => (
				<i
					key={z.name}
					title={`${z.text[lang]}: ${percentOf(period.zones[i]?.share ?? null, lang)}`}
					style={{ width: `${(period.zones[i]?.share ?? 0) * 100}%`, "--swatch": `var(${colourOf(z.name, i)})` }}
				/>
			))}
		</span>
	);
}

function Check({ period }: { period: ZonePeriod }) {
	const t = useText();
	const lang = useLang();
	const worst = worstOf(period);
	if (!period.meter) {
		return <span class="muted">{period.is_running ? t.zones.running : "—"}</span>;
	}
	if (period.meter.is_other_schedule) {
		return <span class="muted">{t.zones.otherSchedule}</span>;
	}
	if (worst === null) {
		return <span class="muted">{t.zones.notComparable}</span>;
	}
	return period.meter.is_hint
		? <State tone="warning" icon="warning" text={signed(worst, lang)} />
		: <State tone="ok" icon="ok" text={signed(worst, lang)} isPlain />;
}

/* The amount of a zone, its share, and the meter's own tariff where that is told. */
function Zone({ data, period, index, decimals }: { data: ChannelZones; period: ZonePeriod; index: number; decimals: number }) {
	const lang = useLang();
	const zone = period.zones[index]!;
	const tariff = data.zones[index]?.tariff ?? null;
	const counted = period.meter && !period.meter.is_other_schedule ? period.meter.value[index] ?? null : null;
	return (
		<>
			<span>{formatNumber(zone.value, decimals, lang)}<TrustMark total={zone} /></span>
			<div class="small muted">
				{percentOf(zone.share, lang)}
				{counted !== null && tariff !== null ? ` · T${tariff} ${formatNumber(counted, decimals, lang)}` : ""}
			</div>
		</>
	);
}

function Months({ data, decimals }: { data: ChannelZones; decimals: number }) {
	const t = useText();
	const lang = useLang();
	const unit = unitName(data.unit, lang);
	const hasMeter = data.periods.some((p) => p.meter !== null);
	const head = (name: string, i: number) => (
		<span class="zone-name"><i style={{ "--swatch": `var(${colourOf(name, i)})` }} aria-hidden="true" />{data.zones[i]?.text[lang]}</span>
	);
	return (
		<div class="scroll">
			<table class="zone-table">
				<thead>
					<tr>
						<th scope="col">{t.zones.month}</th>
						{data.zones.map((z, i) => (
							<th key={z.name} scope="col" class="number wide-only">{head(z.name, i)}<span class="unit">{unit}</span></th>
						))}
						<th scope="col" class="number">{t.zones.total}<span class="unit">{unit}</span></th>
						{hasMeter ? <th scope="col" class="wide-only" title={t.zones.checkHint}>{t.zones.check}</th> : null}
					</tr>
				</thead>
				<tbody>
					{[...data.periods].reverse().map((p) => (
						<tr key={p.start}>
							<td>
								<span class="zone-month">
									{periodText(p.start, "month", data.calendar.zone, lang)}
									{p.is_running ? <span class="small muted"> {t.zones.running}</span> : null}
								</span>
								<Bar data={data} period={p} />
								<ul class="narrow-only zone-list small">
									{data.zones.map((z, i) => (
										<li key={z.name}>{head(z.name, i)}<Zone data={data} period={p} index={i} decimals={decimals} /></li>
									))}
									{p.meter ? <li>{t.zones.check}<Check period={p} /></li> : null}
								</ul>
							</td>
							{data.zones.map((z, i) => (
								<td key={z.name} class="number wide-only"><Zone data={data} period={p} index={i} decimals={decimals} /></td>
							))}
							<td class="number">{formatNumber(p.total.value, decimals, lang)}<TrustMark total={p.total} /></td>
							{hasMeter ? <td class="wide-only"><Check period={p} /></td> : null}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function Notes({ data, calendar, decimals }: { data: ChannelZones; calendar: ZoneCalendar | undefined; decimals: number }) {
	const t = useText();
	const lang = useLang();
	const hint = [...data.periods].reverse().find((p) => p.meter?.is_hint);
	const rest = data.periods.reduce((sum, p) => sum + (p.unassigned.value ?? 0), 0);
	const version = calendar?.versions[calendar.versions.length - 1];
	const from = version ? parseIsoDate(version.valid_from) : null;
	const worst = hint ? worstOf(hint) : null;
	return (
		<div class="zone-notes">
			{hint && worst !== null ? (
				<Notice tone="warning" title={t.zones.hint(signed(worst, lang), periodText(hint.start, "month", data.calendar.zone, lang))}>
					{t.zones.hintText}
				</Notice>
			) : null}
			{rest > 0 ? <p class="small">{t.zones.unassigned(`${formatNumber(rest, decimals, lang)} ${unitName(data.unit, lang)}`)}</p> : null}
			{version && from ? <p class="small muted">{t.zones.source(formatDate(from, lang))}: {version.source[lang]}</p> : null}
		</div>
	);
}

export function Zones({ channel, calendar, route }: { channel: ChannelDetail; calendar: Calendar; route: Route }) {
	const t = useText();
	const lang = useLang();
	const calendars = useGet("/zone-calendars");
	const items = calendars.data?.items ?? [];
	const asked = route.query.get("zones");
	const chosen = items.find((c) => c.name === asked) ?? items[0];
	const from = useMemo(() => {
		const first = reportMonthOf(calendar, reportDayOf(calendar, nodeNow())).from;
		return dayStart(calendar, { year: first.year - 1, month: first.month, day: first.day }) + 32 * 86400;
	}, [calendar.zone, calendar.reportHour, calendar.reportDay]);
	const zones = useGet("/channels/{id}/zones", chosen
		? { id: channel.id, calendar: chosen.name, period: "month", from, till: from + (MONTHS + 1) * 31 * 86400 }
		: null, 600);
	/* months before the first value say nothing */
	const data = useMemo(() => {
		const first = zones.data?.periods.findIndex((p) => p.total.value !== null) ?? -1;
		return zones.data && zones.data.name === chosen?.name
			? { ...zones.data, periods: first < 0 ? [] : zones.data.periods.slice(first) }
			: null;
	}, [zones.data, chosen?.name]);
	const problem = calendars.problem ?? zones.problem;
	const decimals = data ? decimalsOver(data.quantity, data.unit.symbol, data.periods.map((p) => p.total.value)) : 0;
	const asRows = (): string[][] => data ? [
		[t.zones.month, ...data.zones.map((z) => `${z.text[lang]}, ${unitName(data.unit, lang)}`), t.zones.total, t.channel.completeness,
			...data.zones.map((z) => `${z.text[lang]}: ${t.zones.check}, %`)],
		...data.periods.map((p) => [
			periodText(p.start, "month", data.calendar.zone, lang), ...p.zones.map((z) => plainNumber(z.value, decimals, lang)),
			plainNumber(p.total.value, decimals, lang), formatShare(p.total.completeness, lang),
			...data.zones.map((_, i) => plainNumber(p.meter?.difference_percent[i] ?? null, 2, lang)),
		]),
	] : [];
	return (
		<section class="sheet zone-sheet" aria-label={t.zones.title}>
			<header>
				<h2>{t.zones.title}</h2>
				{items.length > 1 ? (
					<Segmented
						label={t.zones.calendar}
						options={items.map((c) => ({ value: c.name, text: c.text[lang] }))}
						value={chosen?.name ?? null}
						onChange={(name) => navigate(withQuery({ zones: name === items[0]?.name ? null : name }), "replace")}
					/>
				) : null}
				{data && data.periods.length > 0 ? <CopyTable name={`channel-${channel.id}-zones`} rows={asRows} /> : null}
			</header>
			{problem ? <div class="zone-notes"><ProblemNotice problem={problem} retry={zones.reload} /></div> : null}
			{!data ? (problem ? null : <Busy />) : data.periods.length === 0 ? <Empty title={t.zones.nothing} /> : (
				<>
					<Months data={data} decimals={decimals} />
					<Notes data={data} calendar={chosen} decimals={decimals} />
				</>
			)}
		</section>
	);
}
