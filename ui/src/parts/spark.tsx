/*
 * spark.tsx - thirty days of one channel at a glance; drawn by hand, the chart library stays away
 */
import { pointsOf } from "~/api/archive";
import { useGet } from "~/api/use-get";
import { isFirm } from "~/chart/quality";

const DAYS = 30;
const WIDTH = 150;
const HEIGHT = 30;

export function Spark({ channel, todayEnd }: { channel: number; todayEnd: number }) {
	const { data } = useGet("/channels/{id}/archive",
		{ id: channel, period: "day", from: todayEnd - DAYS * 86400, till: todayEnd });
	if (!data) {
		return <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" />;
	}
	const points = pointsOf(data);
	const largest = Math.max(0, ...points.map((p) => p.value ?? 0));
	const step = WIDTH / Math.max(1, points.length);
	return (
		<svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
			{points.map((p, i) => {
				const height = p.value === null || largest === 0 ? 1 : Math.max(1, (p.value / largest) * HEIGHT);
				const look = p.value === null ? "missing" : isFirm(p.quality) ? "" : "loose";
				return <rect key={p.start} class={look} x={i * step + 0.5} y={HEIGHT - height} width={Math.max(1, step - 1)} height={height} />;
			})}
		</svg>
	);
}
