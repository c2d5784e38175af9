/*
 * supply-chart.tsx - hours of a supplied quantity between its limits, and under them what each hour was
 *
 * Hours that violate are drawn over the line in the colour of what is wrong; a gap is a gap. The strip
 * below says of every hour: kept, violated, paid as cold water, no data, not judged.
 */
import type { SupplyLine } from "~/api/types";
import { formatNumber } from "~/format/number";
import { formatTime } from "~/format/time";
import { useLang } from "~/i18n/lang";
import { axisLabels } from "./axis";
import { ChartHost, escapeHtml, type Css } from "./chart-host";
import type { EChartsCoreOption } from "./echarts";

export type Verdict = SupplyLine["verdict"][number];

export const verdictColour = (v: Verdict): string => {
	switch (v) {
	case "good":
		return "--q-measured";
	case "bad":
	case "severe":
		return "--bad";
	case "cold":
		return "--cold";
	case "outside":
		return "--idle-weak";
	case "no_data":
		return "--q-missing";
	}
};

const STRIP = 12;
const isFault = (v: Verdict | undefined): boolean => v === "bad" || v === "severe" || v === "cold";

interface Props {
	hours: readonly number[];
	line: SupplyLine;
	zone: string;
	unit: string;
	decimals: number;
	colour: string;
	label: string;
	words: Record<Verdict, string>;
}

function strip(line: SupplyLine, css: Css): object {
	const runs: { from: number; till: number; verdict: Verdict }[] = [];
	for (const [i, v] of line.verdict.entries()) {
		const last = runs[runs.length - 1];
		if (last && last.verdict === v) {
			last.till = i + 1;
		} else {
			runs.push({ from: i, till: i + 1, verdict: v });
		}
	}
	return {
		type: "custom",
		xAxisIndex: 1,
		yAxisIndex: 1,
		data: runs.map((r) => [r.from]),
		tooltip: { show: false },
		renderItem: (params: { dataIndex: number; coordSys: { x: number; y: number; width: number } }) => {
			const run = runs[params.dataIndex]!;
			const width = params.coordSys.width / line.verdict.length;
			return {
				type: "rect",
				shape: {
					x: params.coordSys.x + run.from * width, y: params.coordSys.y,
					width: Math.max(1, (run.till - run.from) * width), height: STRIP,
				},
				style: run.verdict === "no_data"
					? { fill: css("--sheet"), stroke: css("--q-missing"), lineWidth: 1 }
					: { fill: css(verdictColour(run.verdict)) },
			};
		},
	};
}

function seriesOf({ line, colour }: Props, css: Css): object[] {
	/* an hour that violates is joined to its neighbours */
	const bad = line.value.map((v, i) => isFault(line.verdict[i]) ? v : null);
	const limit = (data: readonly (number | null)[]) => ({
		type: "line", data, step: "middle", showSymbol: false, silent: true, connectNulls: false,
		lineStyle: { color: css("--muted"), width: 1.5, type: [6, 4] }, itemStyle: { color: css("--muted") },
	});
	return [
		{
			type: "line", data: line.value, showSymbol: false, connectNulls: false,
			lineStyle: { color: css(colour), width: 1.5 }, itemStyle: { color: css(colour) },
		},
		{
			type: "line", data: bad, connectNulls: false, symbol: "circle", symbolSize: 4,
			showSymbol: true, lineStyle: { color: css("--bad"), width: 3 }, itemStyle: { color: css("--bad") },
		},
		limit(line.min),
		limit(line.max),
	];
}

function optionOf(props: Props, css: Css, width: number, lang: "ru" | "en"): EChartsCoreOption {
	const { hours, line } = props;
	const left = width < 560 ? 46 : 62;
	const labels = axisLabels(hours, "hour", props.zone, lang, (width - left) / 62);
	const text = { color: css("--muted"), fontFamily: css("--font"), fontSize: 12 };
	const tip = (i: number): string => {
		const start = hours[i];
		const verdict = line.verdict[i];
		if (start === undefined || verdict === undefined) {
			return "";
		}
		const shown = (v: number | null | undefined) => `${formatNumber(v, props.decimals, lang)} ${props.unit}`;
		const limits = [line.min[i], line.max[i]].filter((v) => v !== null && v !== undefined);
		return [
			escapeHtml(formatTime(start, props.zone, lang)),
			`<b>${escapeHtml(shown(line.value[i]))}</b>`,
			escapeHtml(props.words[verdict]),
			...(limits.length > 0 ? [escapeHtml(limits.map(shown).join(" … "))] : []),
		].join("<br>");
	};
	return {
		animation: false,
		textStyle: text,
		grid: [
			{ left, right: 10, top: 26, bottom: STRIP + 40 },
			{ left, right: 10, height: STRIP, bottom: 6 },
		],
		xAxis: [
			{
				type: "category", data: hours,
				axisLine: { lineStyle: { color: css("--line-strong") } },
				axisTick: { interval: (i: number) => labels[i] !== "", alignWithLabel: true },
				axisLabel: {
					...text, interval: (i: number) => labels[i] !== "", hideOverlap: true,
					formatter: (_: string, i: number) => labels[i] ?? "",
				},
			},
			{ type: "category", gridIndex: 1, data: hours, show: false },
		],
		yAxis: [
			{
				type: "value", scale: true, name: props.unit, splitNumber: 4,
				nameTextStyle: { ...text, align: "right", padding: [0, 8, 0, 0] },
				splitLine: { lineStyle: { color: css("--line") } },
				axisLabel: { ...text, formatter: (v: number) => formatNumber(v, props.decimals, lang) },
			},
			{ type: "value", gridIndex: 1, min: 0, max: 1, show: false },
		],
		tooltip: {
			trigger: "axis", confine: true, axisPointer: { type: "line" },
			backgroundColor: css("--sheet"), borderColor: css("--line-strong"),
			textStyle: { color: css("--text"), fontFamily: css("--font"), fontSize: 13 },
			formatter: (items: { dataIndex: number }[]) => tip(items[0]?.dataIndex ?? -1),
		},
		series: [...seriesOf(props, css), strip(line, css)],
	};
}

export function SupplyChart(props: Props) {
	const lang = useLang();
	return (
		<ChartHost
			label={props.label}
			build={(css, width) => optionOf(props, css, width, lang)}
			depend={[lang, props.hours, props.line, props.unit]}
		/>
	);
}
