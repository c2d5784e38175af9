import assert from "node:assert/strict";
import { test } from "node:test";
import {
	dayStart, namedRange, rangeDays, rangeSpan, reportDayOf, reportMonthOf, shiftRange, type Calendar,
} from "~/format/calendar";
import { isoDate, localTime, parseIsoDate, utcTime, weekday } from "~/format/zone";
import { formatDate, formatDuration, formatTime } from "~/format/time";

const utc = (text: string): number => Date.parse(text) / 1000;
const date = (text: string) => parseIsoDate(text)!;
const civil = (zone: string): Calendar => ({ zone, reportHour: 0, reportDay: 1 });

/* The check values of report months are those of the definition (D = 25, H = 10). */
test("a report month runs from its closing day and hour to the next", () => {
	const cal = { zone: "Asia/Yekaterinburg", reportHour: 10, reportDay: 25 };
	const month = reportMonthOf(cal, date("2025-01-10"));
	assert.deepEqual(rangeSpan(cal, month), { from: utc("2024-12-25T05:00:00Z"), till: utc("2025-01-25T05:00:00Z") });
});

test("a report month over the spring change has 743 hours", () => {
	const cal = { zone: "Europe/Berlin", reportHour: 10, reportDay: 25 };
	const span = rangeSpan(cal, reportMonthOf(cal, date("2024-04-01")));
	assert.equal((span.till - span.from) / 3600, 743);
});

test("Moscow had a day of 25 hours on 26.10.2014", () => {
	const cal = civil("Europe/Moscow");
	const day = date("2014-10-26");
	const span = rangeSpan(cal, { from: day, till: day });
	assert.equal((span.till - span.from) / 3600, 25);
});

test("before the report hour it is still the previous report day", () => {
	const cal = { zone: "Asia/Yekaterinburg", reportHour: 10, reportDay: 1 };
	assert.equal(isoDate(reportDayOf(cal, utc("2025-01-10T04:59:59Z"))), "2025-01-09");
	assert.equal(isoDate(reportDayOf(cal, utc("2025-01-10T05:00:00Z"))), "2025-01-10");
});

test("report day 31 closes on the last day of a shorter month", () => {
	const cal = { ...civil("UTC"), reportDay: 31 };
	const month = reportMonthOf(cal, date("2025-03-01"));
	assert.equal(isoDate(month.from), "2025-02-28");
	assert.equal(isoDate(month.till), "2025-03-30");
});

test("a whole month moves by months, anything else by its own length", () => {
	const cal = civil("Europe/Moscow");
	const january = { from: date("2026-01-01"), till: date("2026-01-31") };
	assert.equal(isoDate(shiftRange(cal, january, 1).till), "2026-02-28");
	const week = { from: date("2026-01-26"), till: date("2026-02-01") };
	assert.equal(isoDate(shiftRange(cal, week, -1).from), "2026-01-19");
	assert.equal(rangeDays(week), 7);
});

test("named ranges follow the building's clock, not the reader's", () => {
	const now = utc("2026-11-23T22:30:00Z"); /* 24.11 in Moscow */
	assert.equal(isoDate(namedRange(civil("Europe/Moscow"), "today", now).from), "2026-11-24");
	assert.equal(isoDate(namedRange(civil("UTC"), "today", now).from), "2026-11-23");
	assert.equal(isoDate(namedRange(civil("Europe/Moscow"), "last_month", now).from), "2026-10-01");
	assert.equal(isoDate(namedRange(civil("Europe/Moscow"), "last_month", now).till), "2026-10-31");
});

test("local time and back agree, also in the hour that comes twice", () => {
	const first = utc("2025-10-26T00:30:00Z"); /* 02:30 summer time in Berlin */
	assert.equal(localTime(first, "Europe/Berlin").hour, 2);
	assert.equal(localTime(first + 3600, "Europe/Berlin").hour, 2);
	assert.equal(utcTime(localTime(first, "Europe/Berlin"), "Europe/Berlin"), first);
	assert.equal(dayStart(civil("Asia/Kolkata"), date("2026-01-01")), utc("2025-12-31T18:30:00Z"));
});

test("a zone the browser does not know is shown in UTC", () => {
	assert.equal(localTime(utc("2026-01-01T12:00:00Z"), "Mars/Base").hour, 12);
});

test("dates are written as the language wants", () => {
	assert.equal(formatTime(utc("2026-11-24T20:05:00Z"), "Europe/Moscow", "ru"), "24.11.2026 23:05");
	assert.equal(formatTime(utc("2026-11-24T20:05:00Z"), "Europe/Moscow", "en"), "2026-11-24 23:05");
	assert.equal(formatDate(date("2026-01-02"), "ru"), "02.01.2026");
	assert.equal(weekday(date("2026-11-23")), 1);
	assert.equal(parseIsoDate("2026-02-30"), null);
});

test("durations name two units at most", () => {
	assert.equal(formatDuration(4 * 86400 + 6 * 3600 + 59, "en"), "4\u00a0d 6\u00a0h");
	assert.equal(formatDuration(59, "ru"), "59\u00a0с");
	assert.equal(formatDuration(7200, "ru"), "2\u00a0ч");
	assert.equal(formatDuration(40 * 86400 + 7200, "en"), "40\u00a0d");
});
