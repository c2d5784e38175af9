/*
 * chart-host.tsx - the box a chart lives in: ECharts comes when the first one is shown, the chart follows
 * the size of its box, light and dark, and goes with it
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { useText } from "~/i18n/text";
import type { EChartsCoreOption, EChartsType } from "./echarts";
import "./chart.css";

/* A custom property of the style sheet: css("--heat"). */
export type Css = (name: string) => string;

export function styles(element: HTMLElement): Css {
	const computed = getComputedStyle(element);
	return (name: string): string => computed.getPropertyValue(name).trim();
}

export const escapeHtml = (s: string): string =>
	s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/* `build` is asked again when one of `depend` changes, or the look does. */
export function ChartHost(props: {
	label: string; /* for those who do not see the chart */
	build: (css: Css, width: number) => EChartsCoreOption;
	depend: readonly unknown[];
	onPick?: (index: number) => void; /* of the category that was clicked */
}) {
	const t = useText();
	const host = useRef<HTMLDivElement>(null);
	const chart = useRef<EChartsType | null>(null);
	const latest = useRef(props);
	latest.current = props;
	const [isReady, setReady] = useState(false);
	const [look, setLook] = useState(0); /* grows when size or colours change */

	useEffect(() => {
		let isGone = false;
		let observer: ResizeObserver | null = null;
		const dark = window.matchMedia("(prefers-color-scheme: dark)");
		const relook = () => setLook((n) => n + 1);
		void import("./echarts").then(({ init }) => {
			if (isGone || !host.current) {
				return;
			}
			const made = init(host.current);
			chart.current = made;
			made.getZr().on("click", (event) => {
				const [i] = made.convertFromPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY]) as number[];
				latest.current.onPick?.(Math.round(i ?? -1));
			});
			observer = new ResizeObserver(() => {
				made.resize();
				relook();
			});
			observer.observe(host.current);
			setReady(true);
		});
		dark.addEventListener("change", relook);
		return () => {
			isGone = true;
			dark.removeEventListener("change", relook);
			observer?.disconnect();
			chart.current?.dispose();
			chart.current = null;
		};
	}, []);

	useEffect(() => {
		if (isReady && chart.current && host.current) {
			chart.current.setOption(latest.current.build(styles(host.current), host.current.clientWidth), { notMerge: true });
		}
	}, [isReady, look, ...props.depend]);

	return (
		<div class="chart" ref={host} role="img" aria-label={props.label}>
			{isReady ? null : <p class="busy">{t.loading}</p>}
		</div>
	);
}
