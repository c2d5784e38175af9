/*
 * period-text.ts - an interval of an archive in words
 */
import type { Period } from "~/api/types";
import { formatClock, formatDate, formatMonth, weekdayName } from "~/format/time";
import { dateOf, localTime, weekday } from "~/format/zone";
import type { Lang } from "~/i18n/lang";
import { sentence } from "~/parts/quantity";

const LENGTH: Partial<Record<Period, number>> = { half_hour: 1800, hour: 3600 };

export function periodText(start: number, step: Period, zone: string, lang: Lang): string {
	const t = localTime(start, zone);
	const date = dateOf(t);
	switch (step) {
	case "month":
		/* a report month is named by the month it closes in; starting on the 1st it closes at its end */
		return t.day === 1
			? sentence(formatMonth(date, lang))
			: sentence(formatMonth({ year: t.month === 12 ? t.year + 1 : t.year, month: t.month % 12 + 1, day: 1 }, lang));
	case "day":
		return `${formatDate(date, lang)}, ${weekdayName(weekday(date), lang)}`;
	default: {
		const end = localTime(start + (LENGTH[step] ?? 3600), zone);
		return `${formatDate(date, lang)} ${formatClock(t)}–${formatClock(end)}`;
	}
	}
}
