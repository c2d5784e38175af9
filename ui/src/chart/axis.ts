/*
 * axis.ts - which moments get a label under a chart of periods, and what it says
 */
import { formatClock, monthName } from "~/format/time";
import { localTime } from "~/format/zone";
import type { Lang } from "~/i18n/lang";

export type Step = "half_hour" | "hour" | "day" | "month";

const two = (n: number): string => String(n).padStart(2, "0");

/* Round numbers of steps between labels, so that they fall on days people think in. */
function thin(count: number, room: number, choices: readonly number[]): number {
	return choices.find((c) => count / c <= room) ?? Math.ceil(count / room);
}

/* One text per period, "" for none; at most about `room` labels. */
export function axisLabels(
	starts: readonly number[], step: Step, zone: string, lang: Lang, room: number,
): string[] {
	const times = starts.map((s) => localTime(s, zone));
	const dayText = (t: { day: number; month: number }): string =>
		lang === "ru" ? `${two(t.day)}.${two(t.month)}` : `${two(t.month)}-${two(t.day)}`;
	if (step === "month") {
		const every = thin(times.length, room, [1, 2, 3, 6, 12]);
		return times.map((t, i) => i % every === 0 ? `${monthName(t.month, lang).slice(0, 3)} ${t.year}` : "");
	}
	if (step === "day") {
		const every = thin(times.length, room, [1, 2, 5, 7, 14, 28]);
		return times.map((t, i) => i % every === 0 ? dayText(t) : "");
	}
	const days = times.filter((t) => t.hour === 0 && t.minute === 0).length;
	if (days > 3) {
		const every = thin(days, room, [1, 2, 5, 7, 14, 28]);
		let seen = -1;
		return times.map((t) => {
			const isMidnight = t.hour === 0 && t.minute === 0;
			seen += isMidnight ? 1 : 0;
			return isMidnight && seen % every === 0 ? dayText(t) : "";
		});
	}
	const hours = (starts.length * (step === "hour" ? 1 : 0.5));
	const every = thin(hours, room, [1, 2, 3, 6, 12, 24]);
	return times.map((t) => {
		if (t.minute !== 0 || t.hour % every !== 0) {
			return "";
		}
		return t.hour === 0 && days > 1 ? dayText(t) : formatClock(t);
	});
}
