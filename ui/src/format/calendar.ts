/*
 * calendar.ts - how a building cuts time: report days and report months, and ranges of them
 *
 * A report day begins at the report hour; a report month begins on the report day (the last day of
 * a shorter month). A range is given by its first and last report day, both included: that is what
 * stands in addresses and what people say.
 */
import {
	addDays, compareDates, dateOf, daysInMonth, isoDate, localTime, parseIsoDate, utcTime,
	type LocalDate,
} from "./zone";

export interface Calendar {
	zone: string;
	reportHour: number;
	reportDay: number;
}

export interface DateRange {
	from: LocalDate;
	till: LocalDate; /* included */
}

export type RangeName = "today" | "yesterday" | "this_month" | "last_month";
export const RANGE_NAMES: readonly RangeName[] = ["today", "yesterday", "this_month", "last_month"];

/* UTC second at which a report day begins. */
export function dayStart(cal: Calendar, date: LocalDate): number {
	return utcTime({ ...date, hour: cal.reportHour, minute: 0, second: 0 }, cal.zone);
}

export function reportDayOf(cal: Calendar, utc: number): LocalDate {
	const local = localTime(utc, cal.zone);
	return local.hour < cal.reportHour ? addDays(dateOf(local), -1) : dateOf(local);
}

function boundary(cal: Calendar, year: number, month: number): LocalDate {
	const first = addDays({ year, month, day: 1 }, 0); /* month 0 or 13 becomes a real one */
	return { ...first, day: Math.min(cal.reportDay, daysInMonth(first.year, first.month)) };
}

/* The report month that holds a report day. */
export function reportMonthOf(cal: Calendar, date: LocalDate): DateRange {
	const here = boundary(cal, date.year, date.month);
	const isBefore = compareDates(date, here) < 0;
	const from = isBefore ? boundary(cal, date.year, date.month - 1) : here;
	const next = isBefore ? here : boundary(cal, date.year, date.month + 1);
	return { from, till: addDays(next, -1) };
}

export function namedRange(cal: Calendar, name: RangeName, now: number): DateRange {
	const today = reportDayOf(cal, now);
	switch (name) {
	case "today":
		return { from: today, till: today };
	case "yesterday":
		return { from: addDays(today, -1), till: addDays(today, -1) };
	case "this_month":
		return reportMonthOf(cal, today);
	case "last_month":
		return reportMonthOf(cal, addDays(reportMonthOf(cal, today).from, -1));
	}
}

export const sameRange = (a: DateRange, b: DateRange): boolean =>
	compareDates(a.from, b.from) === 0 && compareDates(a.till, b.till) === 0;

/* Days in the range, both ends included. */
export function rangeDays(range: DateRange): number {
	const utc = (d: LocalDate) => Date.UTC(d.year, d.month - 1, d.day);
	return Math.round((utc(range.till) - utc(range.from)) / 86400000) + 1;
}

/* The neighbouring range: a whole report month moves to the next one, anything else by its length. */
export function shiftRange(cal: Calendar, range: DateRange, by: 1 | -1): DateRange {
	if (sameRange(range, reportMonthOf(cal, range.from))) {
		return reportMonthOf(cal, addDays(by > 0 ? range.till : range.from, by));
	}
	const days = rangeDays(range) * by;
	return { from: addDays(range.from, days), till: addDays(range.till, days) };
}

/* UTC seconds [from, till) */
export function rangeSpan(cal: Calendar, range: DateRange): { from: number; till: number } {
	return { from: dayStart(cal, range.from), till: dayStart(cal, addDays(range.till, 1)) };
}

export function readRange(query: URLSearchParams): DateRange | null {
	const from = parseIsoDate(query.get("from"));
	const till = parseIsoDate(query.get("till"));
	return from && till && compareDates(from, till) <= 0 ? { from, till } : null;
}

export const writeRange = (range: DateRange): { from: string; till: string } => ({
	from: isoDate(range.from),
	till: isoDate(range.till),
});
