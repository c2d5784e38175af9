/*
 * balance-days.tsx - the month by day: flats, common needs and what is left stand on each other up to the
 * input; the band is where the input may lie with all meters in order
 */
import type { Balance, BalanceCell } from "~/api/types";
import { axisLabels } from "~/chart/axis";
import { ChartHost, escapeHtml, type Css } from "~/chart/chart-host";
import type { EChartsCoreOption } from "~/chart/echarts";
import { formatNumber } from "~/format/number";
import { formatDate } from "~/format/time";
import { unitName } from "~/format/unit";
import { localTime } from "~/format/zone";
import { useLang, type Lang } from "~/i18n/lang";
import type { Texts } from "~/i18n/ru";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { quantityLook } from "~/parts/quantity";
import { plainNumber } from "~/format/number";
import { amount, digitsOf, percent } from "./words";

type Part = "flats" | "common" | "norm";
const PARTS: readonly Part[] = ["flats", "common", "norm"];

/* What is counted with everything known, and how far the input may lie from it. */
function band(c: BalanceCell): [number, number] | null {
	const known = PARTS.map((p) => c[p]).filter((s) => s.value !== null);
	if (known.length === 0 || c.input.value === null) {
		return null;
	}
	const counted = known.reduce((sum, s) => sum + (s.value ?? 0), 0) + (c.expected ?? 0);
	return [counted - c.limit, counted + c.limit];
}

/* the bars: an imbalance that cannot be judged is hatched */
function imbalanceItem(c: BalanceCell, css: Css): object {
	const isFirm = c.verdict !== "unclear";
	const fill = css(c.verdict === "loss" || c.verdict === "excess" ? "--bad" : "--other");
	return {
		value: c.imbalance,
		itemStyle: isFirm ? { color: fill } : {
			color: css("--sheet"), borderColor: fill, borderWidth: 1,
			decal: { symbol: "rect", color: fill, dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -Math.PI / 4 },
		},
	};
}

function bandSeries(data: Balance, cells: readonly BalanceCell[], css: Css): object {
	return {
		type: "custom", z: 5, silent: true, tooltip: { show: false },
		data: cells.flatMap((c, i) => {
			const b = data.periods[i]!.is_running ? null : band(c); /* a part of a day has no band of its own */
			return b ? [[i, b[0], b[1]]] : [];
		}),
		encode: { x: 0, y: [1, 2] },
		renderItem: (_: unknown, api: { value: (i: number) => number; coord: (p: number[]) => number[]; size: (p: number[]) => number[] }) => {
			const [x = 0, top = 0] = api.coord([api.value(0), api.value(2)]);
			const [, bottom = 0] = api.coord([api.value(0), api.value(1)]);
			const width = (api.size([1, 0])[0] ?? 10) * 0.9;
			return {
				type: "rect",
				shape: { x: x - width / 2, y: top, width, height: Math.max(2, bottom - top) },
				style: { fill: css("--accent"), opacity: 0.22, stroke: css("--accent"), lineWidth: 1 },
			};
		},
	};
}

function optionOf(data: Balance, cells: readonly BalanceCell[], css: Css, width: number, lang: Lang, t: Texts): EChartsCoreOption {
	const left = width < 560 ? 46 : 62;
	const starts = data.periods.map((p) => p.start);
	const labels = axisLabels(starts, "day", data.calendar.zone, lang, (width - left) / 62);
	const text = { color: css("--muted"), fontFamily: css("--font"), fontSize: 12 };
	const look = css(quantityLook(data.resource.code).colour);
	const colours: Record<Part, string> = { flats: look, common: css("--gauge"), norm: css("--q-missing") };
	const used = PARTS.filter((p) => cells.some((c) => c[p].expected > 0));
	const digits = digitsOf(data);
	const describe = (i: number): string => {
		const c = cells[i];
		if (!c) {
			return "";
		}
		const line = (name: string, value: string) => `${escapeHtml(name)}: ${escapeHtml(value)}`;
		return [
			`<b>${escapeHtml(formatDate(localTime(starts[i]!, data.calendar.zone), lang))}</b>`,
			escapeHtml(t.balance.verdict[c.verdict]),
			line(t.balance.input, amount(data, c.input.value, lang)),
			...used.map((p) => line(t.balance[p], amount(data, c[p].value, lang))),
			line(t.balance.imbalance, `${amount(data, c.imbalance, lang)} (${percent(c.percent, lang)})`),
			line(t.balance.limit, `±${amount(data, c.limit, lang)}`),
			...(c.expected === null ? [] : [line(t.balance.normalName, amount(data, c.expected, lang))]),
			line(t.balance.completeness, percent(c.completeness === null ? null : Math.floor(c.completeness * 100), lang, 0)),
		].join("<br>");
	};
	return {
		animation: false,
		textStyle: text,
		grid: { left, right: 10, top: 26, bottom: 30 },
		xAxis: {
			type: "category", data: starts,
			axisLine: { lineStyle: { color: css("--line-strong") }, onZero: true },
			axisTick: { show: false },
			axisLabel: { ...text, interval: (i: number) => labels[i] !== "", formatter: (_: string, i: number) => labels[i] ?? "" },
		},
		yAxis: {
			type: "value", name: unitName(data.unit, lang), splitNumber: 4,
			nameTextStyle: { ...text, align: "right", padding: [0, 8, 0, 0] },
			splitLine: { lineStyle: { color: css("--line") } },
			axisLabel: { ...text, formatter: (v: number) => formatNumber(v, digits > 1 ? digits - 1 : 0, lang) },
		},
		tooltip: {
			trigger: "axis", confine: true, axisPointer: { type: "shadow" },
			backgroundColor: css("--sheet"), borderColor: css("--line-strong"),
			textStyle: { color: css("--text"), fontFamily: css("--font"), fontSize: 13 },
			formatter: (items: { dataIndex: number }[]) => describe(items[0]?.dataIndex ?? -1),
		},
		series: [
			...used.map((p) => ({
				type: "bar", stack: "all", barCategoryGap: "22%", itemStyle: { color: colours[p] },
				data: cells.map((c) => c[p].value),
			})),
			{ type: "bar", stack: "all", data: cells.map((c) => imbalanceItem(c, css)) },
			bandSeries(data, cells, css),
		],
	};
}

export function BalanceDays({ data }: { data: Balance }) {
	const t = useText();
	const lang = useLang();
	const cells = data.nodes[0]?.periods ?? [];
	if (cells.length === 0) {
		return null;
	}
	const unit = unitName(data.unit, lang);
	const asRows = (): string[][] => [
		[t.balance.day, ...[t.balance.input, t.balance.flats, t.balance.common, t.balance.norm, t.balance.imbalance].map((x) => `${x}, ${unit}`),
			`${t.balance.imbalance}, %`, `${t.balance.limit}, ${unit}`, `${t.balance.normalName}, ${unit}`, t.balance.completeness, t.balance.state],
		...cells.map((c, i) => [
			formatDate(localTime(data.periods[i]!.start, data.calendar.zone), lang),
			...[c.input.value, c.flats.value, c.common.value, c.norm.value, c.imbalance].map((v) => plainNumber(v, 3, lang)),
			plainNumber(c.percent, 2, lang), plainNumber(c.limit, 3, lang), plainNumber(c.expected, 3, lang),
			plainNumber(c.completeness, 3, lang), t.balance.verdict[c.verdict],
		]),
	];
	const legend: [string, string][] = [
		[quantityLook(data.resource.code).colour, t.balance.flats],
		...(cells.some((c) => c.common.expected > 0) ? [["--gauge", t.balance.common] as [string, string]] : []),
		...(cells.some((c) => c.norm.expected > 0) ? [["--q-missing", t.balance.norm] as [string, string]] : []),
		...(data.nodes[0]?.has_input ? [
			["--other", t.balance.imbalanceOk], ["--bad", t.balance.imbalanceOut], ["--accent", t.balance.bandName],
		] as [string, string][] : []),
	];
	return (
		<section class="sheet" aria-label={t.balance.byDay}>
			<header>
				<h2>{t.balance.byDay}</h2>
				<CopyTable name={`balance-${data.place.id}-${data.resource.code}`} rows={asRows} />
			</header>
			<ChartHost
				label={t.balance.byDay}
				build={(css, width) => optionOf(data, cells, css, width, lang, t)}
				depend={[data, lang]}
			/>
			<ul class="balance-legend small">
				{legend.map(([colour, name]) => <li key={name}><i style={{ "--swatch": `var(${colour})` }} aria-hidden="true" />{name}</li>)}
			</ul>
		</section>
	);
}
