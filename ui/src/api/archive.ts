/*
 * archive.ts - the columns of an archive as points
 */
import type { Calendar } from "~/format/calendar";
import type { ApiCalendar, Archive, LastValue } from "./types";

export type QualityClass = LastValue["quality"];
export type QualitySource = LastValue["source"];
export type QualityFlag = LastValue["flags"][number];

/* In the order of their numbers. */
export const CLASSES: readonly QualityClass[] = ["MEASURED", "INTERPOLATED", "ESTIMATED", "CALCULATED",
	"SUBSTITUTED", "EDITED", "PARTIAL", "SUSPECT", "MISSING"];
export const SOURCES: readonly QualitySource[] = ["NONE", "ESTIMATE", "INTEGRATED", "POLLED", "METER",
	"IMPORT", "MANUAL"];
const FLAGS: readonly (readonly [number, QualityFlag])[] = [
	[0x0100, "ROLLOVER"], [0x0200, "REPLACED"], [0x0400, "RESET_SUSPECT"], [0x0800, "HIGH_SUSPECT"],
	[0x1000, "TIME_SUSPECT"], [0x2000, "ABNORMAL"], [0x4000, "LATE"], [0x8000, "BY_HAND"],
];

export interface Point {
	start: number;
	value: number | null;
	quality: QualityClass;
	source: QualitySource;
	flags: QualityFlag[];
}

export const flagsOf = (mask: number): QualityFlag[] =>
	FLAGS.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name);

export function pointsOf(a: Archive): Point[] {
	return a.start.map((start, i) => ({
		start,
		value: a.value[i] ?? null,
		quality: CLASSES[a.quality[i] ?? 8] ?? "MISSING",
		source: SOURCES[a.source[i] ?? 0] ?? "NONE",
		flags: flagsOf(a.flags[i] ?? 0),
	}));
}

export const calendarOf = (c: ApiCalendar): Calendar =>
	({ zone: c.zone, reportHour: c.report_hour, reportDay: c.report_day });
