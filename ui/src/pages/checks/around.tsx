/*
 * around.tsx - the neighbourhood of a doubted value, and what could stand for it; drawn by hand
 *
 * Amounts are bars, gauges a line with points; the doubted value is marked, the proposals are hollow.
 */
import { CLASSES } from "~/api/archive";
import type { VerdictDetail } from "~/api/types";
import { formatNumber } from "~/format/number";
import { formatTime } from "~/format/time";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { decimalsFor } from "~/parts/quantity";

const WIDTH = 720;
const HEIGHT = 150;
const STEP_S: Record<string, number> = { half_hour: 1800, hour: 3600, day: 86400, month: 2_629_800 };

interface Slot {
	start: number;
	value: number | null;
	isDoubted: boolean;
	isFirm: boolean;
	proposal: number | null;
}

/* Every interval between the first and the last, so that a hole is as wide as it was. */
function slotsOf(v: VerdictDetail): Slot[] {
	const values = new Map(v.around.start.map((s, i) => [s, { value: v.around.value[i] ?? null, quality: v.around.quality[i] ?? 8 }]));
	const proposals = new Map(v.proposals.map((p) => [p.start, p.value]));
	const starts = new Set([...values.keys(), ...proposals.keys()]);
	const sorted = [...starts].sort((a, b) => a - b);
	const step = STEP_S[v.period] ?? 3600;
	const all: number[] = [];
	for (const s of sorted) {
		let last = all[all.length - 1];
		while (step <= 3600 && last !== undefined && s - last > step && all.length < 400) {
			last += step;
			if (last < s) {
				all.push(last);
			}
		}
		all.push(s);
	}
	return all.map((start) => {
		const known = values.get(start);
		const quality = CLASSES[known?.quality ?? 8];
		return {
			start,
			value: known?.value ?? null,
			isDoubted: v.period === "hour" || v.value !== null ? start === v.start : start >= v.start && start < v.end,
			isFirm: quality === "MEASURED" || quality === "CALCULATED" || quality === "EDITED",
			proposal: proposals.get(start) ?? null,
		};
	});
}

export function Around({ detail, zone }: { detail: VerdictDetail; zone: string }) {
	const t = useText();
	const lang = useLang();
	const slots = slotsOf(detail);
	/* a doubted value that has been taken out is still what this is about */
	const doubted = slots.find((s) => s.start === detail.start);
	if (doubted && detail.value !== null && doubted.value === null) {
		doubted.value = detail.value;
	}
	const numbers = slots.flatMap((s) => [s.value, s.proposal]).filter((n): n is number => n !== null);
	if (numbers.length === 0) {
		return <p class="muted small">{t.checks.nothingAround}</p>;
	}
	const isCounter = detail.quantity.kind === "counter";
	const high = Math.max(...numbers, isCounter ? 0 : -Infinity);
	const low = Math.min(...numbers, isCounter ? 0 : Infinity);
	const span = high - low || 1;
	const width = WIDTH / slots.length;
	const y = (n: number): number => HEIGHT - 6 - ((n - low) / span) * (HEIGHT - 16);
	const x = (i: number): number => i * width;
	const decimals = decimalsFor(detail.quantity, detail.unit.symbol);
	const title = (s: Slot): string => [
		formatTime(s.start, zone, lang),
		formatNumber(s.value, decimals, lang),
		...(s.proposal === null ? [] : [`${t.checks.proposal}: ${formatNumber(s.proposal, Math.max(2, decimals), lang)}`]),
	].join("\n");
	const line = slots.map((s, i) => ({ s, i })).filter(({ s }) => s.value !== null);
	return (
		<figure class="around">
			<svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={t.checks.chart}>
				{isCounter ? null : (
					<polyline class="around-line" points={line.map(({ s, i }) => `${x(i) + width / 2},${y(s.value!)}`).join(" ")} />
				)}
				{slots.map((s, i) => (
					<g key={s.start} class={s.isDoubted ? "is-doubted" : s.isFirm ? "" : "is-loose"}>
						<title>{title(s)}</title>
						<rect class="around-hit" x={x(i)} y={0} width={width} height={HEIGHT} />
						{s.value === null ? null : isCounter
							? <rect class="around-value" x={x(i) + width * 0.1} y={y(Math.max(0, s.value))} width={width * 0.8} height={Math.max(1.5, y(Math.min(0, low)) - y(Math.max(0, s.value)))} />
							: <rect class="around-value" x={x(i) + width / 2 - 3} y={y(s.value) - 3} width={6} height={6} />}
						{s.proposal === null ? null : isCounter
							? <rect class="around-proposal" x={x(i) + width * 0.1} y={y(s.proposal)} width={width * 0.8} height={Math.max(1.5, HEIGHT - 6 - y(s.proposal))} />
							: <rect class="around-proposal" x={x(i) + width / 2 - 4} y={y(s.proposal) - 4} width={8} height={8} />}
					</g>
				))}
			</svg>
			<figcaption class="small muted">
				<span>{formatTime(slots[0]!.start, zone, lang)}</span>
				<span>{formatNumber(low, decimals, lang)}…{formatNumber(high, decimals, lang)}</span>
				<span>{formatTime(slots[slots.length - 1]!.start, zone, lang)}</span>
			</figcaption>
		</figure>
	);
}
