/*
 * series-chart.tsx - one channel over time: bars for amounts, a line for gauges, and under the time
 * axis a strip that says how far each value can be trusted
 *
 * A gap is a gap: nothing is drawn and nothing is joined over it. What was not measured is hatched
 * (bars) or dashed (lines). Colours come from the style sheet, so the chart follows light and dark.
 */
import type { Point } from "~/api/archive";
import { formatNumber } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { axisLabels, type Step } from "./axis";
import { ChartHost, escapeHtml, type Css } from "./chart-host";
import type { EChartsCoreOption } from "./echarts";
import { isFirm, qualityColour } from "./quality";

interface Props {
	points: readonly Point[];
	step: Step;
	zone: string;
	kind: "amount" | "gauge";
	colour: string; /* name of a custom property: "--heat" */
	unit: string;
	label: string; /* for those who do not see the chart */
	picked: number | null; /* start of the chosen period */
	running: number | null; /* start of the period that has not ended yet: drawn lighter */
	describe: (p: Point) => string[]; /* lines of the tooltip */
	onPick: (start: number) => void;
}

const STRIP = 10;

function bars(props: Props, css: Css): object[] {
	const fill = css(props.colour);
	return [{
		type: "bar",
		barCategoryGap: props.points.length > 200 ? "0%" : "18%",
		data: props.points.map((p) => ({
			value: p.value,
			itemStyle: {
				opacity: p.start === props.running ? 0.5 : 1,
				color: isFirm(p.quality) ? fill : css("--sheet"),
				borderColor: p.start === props.picked ? css("--text") : fill,
				borderWidth: p.start === props.picked ? 2 : isFirm(p.quality) ? 0 : 1,
				...(isFirm(p.quality) ? {} : {
					decal: {
						symbol: "rect", color: fill, dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -Math.PI / 4,
					},
				}),
			},
		})),
	}];
}

function lines(props: Props, css: Css): object[] {
	const colour = css(props.colour);
	const { points } = props;
	const at = (i: number): Point | undefined => points[i];
	/* A doubtful stretch is drawn dashed, joined to its firm neighbours. */
	const isLoose = (i: number): boolean => {
		const p = at(i);
		return p !== undefined && p.value !== null && !isFirm(p.quality);
	};
	const loose = points.map((p, i) =>
		isLoose(i) || isLoose(i - 1) || isLoose(i + 1) ? p.value : null);
	const common = { type: "line", symbolSize: 5, connectNulls: false, cursor: "pointer" };
	return [
		{
			...common,
			data: points.map((p) => ({
				value: isFirm(p.quality) ? p.value : null,
				symbolSize: p.start === props.picked ? 11 : 5,
			})),
			showSymbol: points.length < 80,
			symbol: "circle",
			itemStyle: { color: colour },
			lineStyle: { color: colour, width: 2 },
		},
		{
			...common,
			data: loose,
			showSymbol: false,
			lineStyle: { color: colour, width: 2, type: [4, 4] },
			itemStyle: { color: colour },
		},
	];
}

function strip(props: Props, css: Css): object {
	const { points } = props;
	const runs: { from: number; till: number; quality: Point["quality"] }[] = [];
	for (const [i, p] of points.entries()) {
		const last = runs[runs.length - 1];
		if (last && last.quality === p.quality) {
			last.till = i + 1;
		} else {
			runs.push({ from: i, till: i + 1, quality: p.quality });
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
			const width = params.coordSys.width / points.length;
			return {
				type: "rect",
				shape: {
					x: params.coordSys.x + run.from * width, y: params.coordSys.y,
					width: (run.till - run.from) * width, height: STRIP,
				},
				style: run.quality === "MISSING"
					? { fill: css("--sheet"), stroke: css("--q-missing"), lineWidth: 1 }
					: { fill: css(qualityColour(run.quality)) },
			};
		},
	};
}

/* Decimals that keep about five labels of a value axis apart. */
function tickDecimals(values: readonly (number | null)[], hasZero: boolean): number {
	const known = values.filter((v): v is number => v !== null);
	const low = hasZero ? Math.min(0, ...known) : Math.min(...known);
	const step = (Math.max(hasZero ? 0 : -Infinity, ...known) - low) / 5;
	return step > 0 && Number.isFinite(step) ? Math.min(6, Math.max(0, -Math.floor(Math.log10(step)))) : 1;
}

function optionOf(props: Props, css: Css, width: number, lang: "ru" | "en"): EChartsCoreOption {
	const { points } = props;
	const isNarrow = width < 560;
	const left = isNarrow ? 46 : 62;
	const labels = axisLabels(points.map((p) => p.start), props.step, props.zone, lang, (width - left) / 62);
	const replaced = points.flatMap((p, i) => p.flags.includes("REPLACED") ? [i] : []);
	const series = props.kind === "amount" ? bars(props, css) : lines(props, css);
	const text = { color: css("--muted"), fontFamily: css("--font"), fontSize: 12 };
	const ticks = tickDecimals(points.map((p) => p.value), props.kind === "amount");
	return {
		animation: false,
		textStyle: text,
		grid: [
			{ left, right: 10, top: 26, bottom: STRIP + 40 },
			{ left, right: 10, height: STRIP, bottom: 6 },
		],
		xAxis: [
			{
				type: "category",
				data: points.map((p) => p.start),
				axisLine: { lineStyle: { color: css("--line-strong") } },
				axisTick: { interval: (i: number) => labels[i] !== "", alignWithLabel: true },
				axisLabel: {
					...text, interval: (i: number) => labels[i] !== "", hideOverlap: true,
					formatter: (_: string, i: number) => labels[i] ?? "",
				},
			},
			{ type: "category", gridIndex: 1, data: points.map((p) => p.start), show: false },
		],
		yAxis: [
			{
				type: "value",
				scale: props.kind === "gauge",
				name: props.unit,
				nameTextStyle: { ...text, align: "right", padding: [0, 8, 0, 0] },
				splitNumber: 4,
				splitLine: { lineStyle: { color: css("--line") } },
				axisLabel: { ...text, formatter: (v: number) => formatNumber(v, ticks, lang) },
			},
			{ type: "value", gridIndex: 1, min: 0, max: 1, show: false },
		],
		tooltip: {
			trigger: "axis",
			confine: true,
			axisPointer: { type: props.kind === "amount" ? "shadow" : "line" },
			backgroundColor: css("--sheet"),
			borderColor: css("--line-strong"),
			textStyle: { color: css("--text"), fontFamily: css("--font"), fontSize: 13 },
			formatter: (items: { dataIndex: number }[]) => {
				const p = points[items[0]?.dataIndex ?? -1];
				return p ? props.describe(p).map((l, i) => i === 1 ? `<b>${escapeHtml(l)}</b>` : escapeHtml(l)).join("<br>") : "";
			},
		},
		series: [
			{
				...series[0],
				markLine: replaced.length === 0 ? undefined : {
					symbol: "none", silent: true,
					label: { ...text, formatter: "⇄", position: "end" },
					lineStyle: { color: css("--muted"), type: "dashed" },
					data: replaced.map((i) => ({ xAxis: i })),
				},
			},
			...series.slice(1),
			strip(props, css),
		],
	};
}

export function SeriesChart(props: Props) {
	const lang = useLang();
	return (
		<ChartHost
			label={props.label}
			build={(css, width) => optionOf(props, css, width, lang)}
			depend={[lang, props.points, props.picked, props.running, props.kind, props.unit, props.colour]}
			onPick={(index) => {
				const p = props.points[index];
				if (p) {
					props.onPick(p.start);
				}
			}}
		/>
	);
}
