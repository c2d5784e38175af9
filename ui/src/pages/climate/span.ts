/*
 * span.ts - the stretch of days these pages are about: what the address says, else the heating season
 * up to today
 */
import { nodeNow } from "~/api/clock";
import type { Route } from "~/app/route";
import { readRange, reportDayOf, type Calendar, type DateRange } from "~/format/calendar";

const SEASON_MONTH = 9;

/* From the first of September before today; in summer it is the season that has ended. */
export function seasonOf(calendar: Calendar): DateRange {
	const today = reportDayOf(calendar, nodeNow());
	const year = today.month >= SEASON_MONTH ? today.year : today.year - 1;
	return { from: { year, month: SEASON_MONTH, day: 1 }, till: today };
}

export const spanOf = (route: Route, calendar: Calendar): DateRange => readRange(route.query) ?? seasonOf(calendar);
