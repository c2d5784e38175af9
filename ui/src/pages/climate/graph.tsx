/*
 * graph.tsx - supply and return against the temperature graph: is the supplier keeping it, does the
 * house take the heat
 */
import { useMemo } from "preact/hooks";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { GraphDay, TemperatureGraph } from "~/api/types";
import { navigate, withQuery } from "~/app/route";
import { ChartHost } from "~/chart/chart-host";
import { rangeSpan, type Calendar } from "~/format/calendar";
import { formatNumber, plainNumber } from "~/format/number";
import { formatDate } from "~/format/time";
import { dateOf, localTime } from "~/format/zone";
import { useLang, type Lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { Icon } from "~/parts/icon";
import { Busy, Empty, Notice, ProblemNotice } from "~/parts/notice";
import { RangeBar } from "~/parts/range-bar";
import { State, type Tone } from "~/parts/state";
import type { SectionProps } from "../building/sections";
import { Fact, Facts, Sources } from "./facts";
import { Legend } from "./legend";
import { scatterOption, type Cloud, type Curve } from "./scatter";
import { spanOf } from "./span";
import { WithCalendar } from "./with-calendar";
import "./climate.css";

const TONES: Record<GraphDay["state"], Tone> = {
	ok: "ok", supply_low: "bad", supply_high: "warning", return_high: "warning", not_judged: "idle", unknown: "idle",
};

const isViolation = (d: GraphDay): boolean => ["supply_low", "supply_high", "return_high"].includes(d.state);

function dayText(start: number, zone: string, lang: Lang): string {
	return formatDate(dateOf(localTime(start, zone)), lang);
}

const signed = (v: number | null, decimals: number, lang: Lang): string =>
	`${v !== null && v > 0 ? "+" : ""}${formatNumber(v, decimals, lang)}`;

function Chart({ data }: { data: TemperatureGraph }) {
	const t = useText();
	const lang = useLang();
	const describe = (d: GraphDay): string[] => [
		dayText(d.start, data.calendar.zone, lang),
		`${t.climate.outdoor}: ${formatNumber(d.outdoor, 1, lang)} °C`,
		`${t.climate.supply}: ${formatNumber(d.supply, 1, lang)} °C (${t.climate.norm} ${formatNumber(d.norm_supply, 1, lang)}, ${signed(d.supply_percent, 1, lang)} %)`,
		`${t.climate.return}: ${formatNumber(d.return, 1, lang)} °C (${t.climate.norm} ${formatNumber(d.norm_return, 1, lang)}, ${signed(d.return_percent, 1, lang)} %)`,
		t.climate.states[d.state],
	];
	const cloud = (side: "supply" | "return", isBad: boolean): Cloud => ({
		name: t.climate[side],
		colour: isBad ? "--bad" : side === "supply" ? "--heat" : "--cold",
		symbol: isBad ? "triangle" : "circle",
		size: isBad ? 11 : 7,
		points: data.days.flatMap((d) => {
			const y = d[side];
			const bad = side === "supply" ? d.state === "supply_low" || d.state === "supply_high" : d.state === "return_high";
			return d.outdoor !== null && y !== null && bad === isBad ? [{ x: d.outdoor, y, describe: describe(d) }] : [];
		}),
	});
	const build = (css: (name: string) => string, width: number) => {
		const rows = data.graph?.rows ?? [];
		const line = (side: "supply" | "return", factor: number): [number, number][] =>
			rows.flatMap((r) => r.outdoor !== null && r[side] !== null ? [[r.outdoor, r[side] * factor] as [number, number]] : []);
		const limit = (data.limit_supply?.value ?? 0) / 100;
		const above = 1 + (data.limit_return?.value ?? 0) / 100;
		const curves: Curve[] = rows.length === 0 ? [] : [
			{ name: t.climate.supply, colour: "--heat", isDashed: false, points: line("supply", 1) },
			{ name: "", colour: "--heat", isDashed: true, points: line("supply", 1 - limit) },
			{ name: "", colour: "--heat", isDashed: true, points: line("supply", 1 + limit) },
			{ name: t.climate.return, colour: "--cold", isDashed: false, points: line("return", 1) },
			{ name: "", colour: "--cold", isDashed: true, points: line("return", above) },
		];
		return scatterOption(css, width, lang, {
			x: `${t.climate.outdoor}, °C`, y: "°C", decimals: 0, hasZero: false, curves,
			clouds: [cloud("supply", false), cloud("return", false), cloud("supply", true), cloud("return", true)],
		});
	};
	return <ChartHost label={t.climate.graphTitle} build={build} depend={[data, lang]} />;
}

function Summary({ data }: { data: TemperatureGraph }) {
	const t = useText();
	const lang = useLang();
	const s = data.summary;
	const bad = s.supply_low + s.supply_high + s.return_high;
	if (!data.graph) {
		return null;
	}
	return (
		<Facts>
			<Fact name={t.climate.verdict}>
				{s.judged === 0
					? <State tone="idle" icon="unknown" text={t.climate.nothingJudged} isPlain />
					: bad === 0
						? <State tone="ok" icon="ok" text={t.climate.kept} isPlain />
						: <State tone="bad" icon="warning" text={t.climate.violated(bad, s.judged)} isPlain />}
			</Fact>
			<Fact name={t.climate.states.supply_low}>{s.supply_low}</Fact>
			<Fact name={t.climate.states.supply_high}>{s.supply_high}</Fact>
			<Fact name={t.climate.states.return_high}>{s.return_high}</Fact>
			<Fact name={t.climate.unused} hint={t.climate.unusedHint}>
				{formatNumber(s.unused_gcal, 3, lang)} <span class="unit">{t.climate.gcal}</span>
				{s.unweighed_days > 0 ? <span class="small muted"> {t.climate.unweighed(s.unweighed_days)}</span> : null}
			</Fact>
			<Fact name={t.climate.states.unknown}>{s.unknown}</Fact>
			<Fact name={t.climate.states.not_judged} hint={t.climate.notJudgedHint}>{s.not_judged}</Fact>
		</Facts>
	);
}

function Days({ data }: { data: TemperatureGraph }) {
	const t = useText();
	const lang = useLang();
	const days = data.days.filter(isViolation).reverse();
	const heads = [t.climate.day, `${t.climate.outdoor}, °C`, `${t.climate.supply}, °C`, `${t.climate.norm}, °C`, "%",
		`${t.climate.return}, °C`, `${t.climate.norm}, °C`, "%", `${t.climate.unused}, ${t.climate.gcal}`, t.climate.state];
	const cells = (d: GraphDay, number: typeof formatNumber): string[] => [
		number(d.outdoor, 1, lang), number(d.supply, 1, lang), number(d.norm_supply, 1, lang), number(d.supply_percent, 1, lang),
		number(d.return, 1, lang), number(d.norm_return, 1, lang), number(d.return_percent, 1, lang), number(d.unused_gcal, 3, lang),
	];
	const asRows = (): string[][] => [heads, ...data.days.map((d) => [
		dayText(d.start, data.calendar.zone, lang), ...cells(d, (v, n, l) => plainNumber(v ?? null, n, l)), t.climate.states[d.state],
	])];
	return (
		<section class="sheet" aria-label={t.climate.violations}>
			<header><h2>{t.climate.violations}</h2><CopyTable name={`graph-${data.place}`} rows={asRows} /></header>
			{days.length === 0 ? <Empty title={data.graph ? t.climate.noViolations : t.climate.noGraph} /> : (
				<div class="scroll">
					<table class="sticky-first">
						<thead><tr>{heads.map((h, i) => <th key={i} scope="col" class={i > 0 && i < 9 ? "number" : ""}>{h}</th>)}</tr></thead>
						<tbody>
							{days.map((d) => (
								<tr key={d.start}>
									<td>{dayText(d.start, data.calendar.zone, lang)}</td>
									{cells(d, formatNumber).map((c, i) => <td key={i} class="number">{c}</td>)}
									<td><State tone={TONES[d.state]} icon="warning" text={t.climate.states[d.state]} isPlain /></td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
			)}
		</section>
	);
}

function NoGraph({ data }: { data: TemperatureGraph }) {
	const t = useText();
	const rights = useRights();
	if (data.graph) {
		return null;
	}
	return (
		<Notice
			tone={data.refused ? "bad" : "info"}
			title={data.refused ? t.climate.refused : t.climate.noGraph}
			actions={rights.setup_places ? <a class="button" href="/setup/parameters"><Icon name="setup" />{t.climate.enterGraph}</a> : null}
		>
			{data.refused ?? t.climate.noGraphText}
		</Notice>
	);
}

function Page({ id, route, calendar }: SectionProps & { calendar: Calendar }) {
	const t = useText();
	const lang = useLang();
	const range = useMemo(() => spanOf(route, calendar), [route.query.get("from"), route.query.get("till"), calendar.zone]);
	const name = route.query.get("graph");
	const graph = useGet("/places/{id}/temperature-graph", { id, ...rangeSpan(calendar, range), ...(name ? { graph: name } : {}) }, 600);
	const data = graph.data;
	const hasPoints = data?.days.some((d) => d.outdoor !== null && d.supply !== null) ?? false;
	return (
		<>
			<RangeBar calendar={calendar} range={range} names={["this_month", "last_month"]} />
			{graph.problem ? <ProblemNotice problem={graph.problem} retry={graph.reload} /> : null}
			{!data ? (graph.problem ? null : <Busy />) : (
				<>
					<NoGraph data={data} />
					<section class="sheet" aria-label={t.climate.graphTitle}>
						<header>
							<h2>{t.climate.graphTitle}{data.graph?.name ? ` ${data.graph.name.replace("_", "/")}` : ""}</h2>
							{data.names.length > 1 ? (
								<select aria-label={t.climate.graphTitle} value={data.graph?.name} onChange={(e) => navigate(withQuery({ graph: e.currentTarget.value }), "replace")}>
									{data.names.map((n) => <option key={n} value={n}>{n}</option>)}
								</select>
							) : null}
						</header>
						<Summary data={data} />
						{hasPoints ? <Chart data={data} /> : <Empty title={t.climate.noDays}>{t.climate.noDaysText}</Empty>}
						<Legend items={[
							{ colour: "--heat", mark: "●", text: t.climate.supply },
							{ colour: "--cold", mark: "●", text: t.climate.return },
							{ colour: "--bad", mark: "▲", text: t.climate.violation },
							{ colour: "--heat", mark: "—", text: t.climate.graphLine },
							{ colour: "--heat", mark: "┄", text: t.climate.graphBand },
						]} />
						{data.graph ? (
							<p class="climate-sources small muted">
								{t.climate.graphSource}: {data.graph.source[lang] === "" ? t.climate.noSource : data.graph.source[lang]}
								{data.graph.is_confirmed ? "" : ` (${t.climate.notConfirmed})`}
							</p>
						) : null}
						<Sources figures={[data.limit_supply, data.limit_return, data.warmest_day]} />
					</section>
					<Days data={data} />
				</>
			)}
		</>
	);
}

export function GraphPage(props: SectionProps) {
	return <WithCalendar id={props.id}>{(calendar) => <Page {...props} calendar={calendar} />}</WithCalendar>;
}
