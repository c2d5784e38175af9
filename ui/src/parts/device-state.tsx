/*
 * device-state.tsx - states of lines and meters as loaded and as the stream changed them since
 */
import { errorText } from "~/api/client";
import { useNow } from "~/api/clock";
import { lineUpdates, meterUpdates } from "~/api/live";
import { useSiteZone } from "~/api/site-zone";
import { useGet } from "~/api/use-get";
import type { ApiError, LineState, MeterState } from "~/api/types";
import { useCell } from "~/app/cell";
import { formatDuration, formatTime } from "~/format/time";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { asHealth, HEALTH_ORDER } from "./state";

export function useMeterStates(): { items: MeterState[] | null; problem: unknown; reload: () => void } {
	const { data, problem, reload } = useGet("/meters/state");
	const updates = useCell(meterUpdates);
	return { items: data ? data.items.map((m) => updates.get(m.meter) ?? m) : null, problem, reload };
}

export function useLineStates(): { items: LineState[] | null; problem: unknown; reload: () => void } {
	const { data, problem, reload } = useGet("/lines/state");
	const updates = useCell(lineUpdates);
	return { items: data ? data.items.map((l) => updates.get(l.line) ?? l) : null, problem, reload };
}

/* What a person should look at first: data about to be lost, then what is broken, longest first. */
export function byUrgency(a: MeterState, b: MeterState): number {
	const never = Number.MAX_SAFE_INTEGER;
	return (a.gap_loss_utc ?? never) - (b.gap_loss_utc ?? never)
		|| HEALTH_ORDER[asHealth(a.health)] - HEALTH_ORDER[asHealth(b.health)]
		|| (a.silent_since_utc ?? never) - (b.silent_since_utc ?? never)
		|| a.name.localeCompare(b.name, undefined, { numeric: true });
}

/* Up to here readings are taken as on time; the node warns by itself when it gets far worse. */
const CLOCK_TOLERANCE_S = 60;

export function wantsPerson(m: MeterState): boolean {
	return ["failed", "silent", "warning"].includes(m.health) || m.gap_loss_utc !== null;
}

/* The last error and what to check about it. */
/* In tables the details are under the mouse; where there is room (`isWhole`) they stand below. */
export function ErrorCell({ error, isWhole = false }: { error: ApiError | null; isWhole?: boolean }) {
	const t = useText();
	useLang();
	if (!error) {
		return null;
	}
	const words = errorText(error);
	return (
		<div class="error-cell" title={words.detail}>
			<div>{words.what}</div>
			{words.check ? <div class="small muted">{t.error.check}: {words.check}</div> : null}
			{isWhole && words.detail ? <div class="small mono">{words.detail}</div> : null}
		</div>
	);
}

/* How long until data are overwritten in the meter. */
export function Deadline({ utc }: { utc: number | null }) {
	const t = useText();
	const lang = useLang();
	const now = useNow();
	const zone = useSiteZone();
	if (utc === null) {
		return null;
	}
	const left = utc - now;
	const tone = left < 86400 ? "bad" : left < 7 * 86400 ? "warning" : "idle";
	return (
		<span class={`deadline is-${tone}`} title={formatTime(utc, zone, lang)}>
			{left > 0 ? t.lines.lossIn(formatDuration(left, lang)) : t.lines.lossNow}
		</span>
	);
}

export function ClockOffset({ meter }: { meter: MeterState }) {
	const t = useText();
	const lang = useLang();
	const zone = useSiteZone();
	const s = meter.clock_offset_s;
	if (s === null) {
		return <span class="muted">—</span>;
	}
	const far = Math.abs(s) > CLOCK_TOLERANCE_S;
	const text = Math.abs(s) < 1 ? t.lines.clockRight : s > 0 ? t.lines.clockFast(formatDuration(s, lang)) : t.lines.clockSlow(formatDuration(-s, lang));
	return (
		<span
			class={far ? "is-warning clock-off" : ""}
			title={meter.clock_checked_utc ? formatTime(meter.clock_checked_utc, zone, lang) : undefined}
		>
			{text}
		</span>
	);
}

/* Share of the line's time in use, and within it what the bytes alone take. */
export function LineUse({ line }: { line: LineState }) {
	const t = useText();
	const percent = (x: number | null): string => x === null ? "—" : `${Math.round(x * 100)}\u202f%`;
	return (
		<span class="line-use" title={t.lines.useHint(percent(line.use), percent(line.wire))}>
			<span class="line-use-bar" aria-hidden="true">
				<i class="busy-part" style={{ width: `${Math.min(1, line.use ?? 0) * 100}%` }} />
				{/* on lines without a real speed the bytes would take longer than they did */}
				<i class="wire-part" style={{ width: `${Math.min(1, line.wire ?? 0, line.use ?? 0) * 100}%` }} />
			</span>
			{percent(line.use)}
		</span>
	);
}
