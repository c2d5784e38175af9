/*
 * scatter.ts - what the charts over outdoor temperature share: axes, looks of points and lines
 */
import { escapeHtml, type Css } from "~/chart/chart-host";
import type { EChartsCoreOption } from "~/chart/echarts";
import { formatNumber } from "~/format/number";
import type { Lang } from "~/i18n/lang";

export interface Cloud {
	name: string;
	colour: string; /* of the style sheet: "--heat" */
	symbol: "circle" | "triangle" | "diamond" | "emptyCircle";
	size: number;
	points: { x: number; y: number; describe: string[] }[];
}

export interface Curve {
	name: string;
	colour: string;
	isDashed: boolean;
	points: [number, number][];
}

export function scatterOption(
	css: Css, width: number, lang: Lang,
	what: { x: string; y: string; decimals: number; clouds: Cloud[]; curves: Curve[]; hasZero: boolean },
): EChartsCoreOption {
	const text = { color: css("--muted"), fontFamily: css("--font"), fontSize: 12 };
	const isNarrow = width < 560;
	const axis = {
		type: "value", scale: true, nameTextStyle: text,
		axisLine: { onZero: false, lineStyle: { color: css("--line-strong") } },
		splitLine: { lineStyle: { color: css("--line") } },
	};
	return {
		animation: false,
		textStyle: text,
		grid: { left: isNarrow ? 44 : 56, right: 16, top: 30, bottom: 46 },
		xAxis: {
			...axis, name: what.x, nameLocation: "middle", nameGap: 28,
			axisLabel: { ...text, formatter: (v: number) => formatNumber(v, 0, lang) },
		},
		yAxis: {
			...axis, name: what.y, scale: !what.hasZero,
			nameTextStyle: { ...text, align: "left", padding: [0, 0, 0, isNarrow ? -40 : -50] },
			axisLabel: { ...text, formatter: (v: number) => formatNumber(v, what.decimals, lang) },
		},
		tooltip: {
			trigger: "item",
			confine: true,
			backgroundColor: css("--sheet"),
			borderColor: css("--line-strong"),
			textStyle: { color: css("--text"), fontFamily: css("--font"), fontSize: 13 },
			formatter: (p: { seriesIndex: number; dataIndex: number }) =>
				(what.clouds[p.seriesIndex - what.curves.length]?.points[p.dataIndex]?.describe ?? [])
					.map((l, i) => i === 0 ? `<b>${escapeHtml(l)}</b>` : escapeHtml(l)).join("<br>"),
		},
		series: [
			...what.curves.map((c) => ({
				type: "line", name: c.name, data: c.points, showSymbol: false, silent: true,
				lineStyle: { color: css(c.colour), width: c.isDashed ? 1 : 2, type: c.isDashed ? [4, 4] : "solid" },
				itemStyle: { color: css(c.colour) },
			})),
			...what.clouds.map((c) => ({
				type: "scatter", name: c.name, data: c.points.map((p) => [p.x, p.y]),
				symbol: c.symbol, symbolSize: c.size,
				itemStyle: { color: css(c.colour), opacity: 0.85 },
			})),
		],
	};
}
