/*
 * zone.ts - local time of a building, from the browser's own time-zone data
 *
 * Times are UTC seconds everywhere; a building shows them in its zone, whatever the zone of the
 * person who looks.
 */
export interface LocalTime {
	year: number;
	month: number; /* 1..12 */
	day: number;
	hour: number;
	minute: number;
	second: number;
}

export interface LocalDate {
	year: number;
	month: number;
	day: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
	let format = formats.get(zone);
	if (!format) {
		const options: Intl.DateTimeFormatOptions = {
			calendar: "iso8601",
			numberingSystem: "latn",
			hourCycle: "h23",
			year: "numeric",
			month: "2-digit",
			day: "2-digit",
			hour: "2-digit",
			minute: "2-digit",
			second: "2-digit",
		};
		try {
			format = new Intl.DateTimeFormat("en-u-ca-iso8601", { ...options, timeZone: zone || "UTC" });
		} catch {
			/* a zone this browser does not know: UTC is at least not a lie about the order */
			format = new Intl.DateTimeFormat("en-u-ca-iso8601", { ...options, timeZone: "UTC" });
		}
		formats.set(zone, format);
	}
	return format;
}

export function localTime(utc: number, zone: string): LocalTime {
	const out: LocalTime = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
	for (const part of formatOf(zone).formatToParts(utc * 1000)) {
		if (part.type in out) {
			out[part.type as keyof LocalTime] = Number(part.value);
		}
	}
	return out;
}

const asUtc = (t: LocalTime): number =>
	Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute, t.second) / 1000;

/* The moment a local clock shows `local`; in the hour that comes twice, the first of them; in the
 * hour that never comes, as much past the jump. */
export function utcTime(local: LocalTime, zone: string): number {
	const wanted = asUtc(local);
	const offsets = [wanted - 86400, wanted + 86400].map((u) => asUtc(localTime(u, zone)) - u);
	const candidates = offsets.map((o) => wanted - o).sort((a, b) => a - b);
	const exact = candidates.find((u) => asUtc(localTime(u, zone)) === wanted);
	return exact ?? candidates[candidates.length - 1]!;
}

export const dateOf = (t: LocalTime): LocalDate => ({ year: t.year, month: t.month, day: t.day });

export function addDays(date: LocalDate, days: number): LocalDate {
	const d = new Date(Date.UTC(date.year, date.month - 1, date.day + days));
	return { year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate() };
}

export function daysInMonth(year: number, month: number): number {
	return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

export function compareDates(a: LocalDate, b: LocalDate): number {
	return a.year - b.year || a.month - b.month || a.day - b.day;
}

/* 1 Monday .. 7 Sunday */
export function weekday(date: LocalDate): number {
	return new Date(Date.UTC(date.year, date.month - 1, date.day)).getUTCDay() || 7;
}

const two = (n: number): string => String(n).padStart(2, "0");

export const isoDate = (d: LocalDate): string => `${d.year}-${two(d.month)}-${two(d.day)}`;

export function parseIsoDate(text: string | null): LocalDate | null {
	const m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "");
	if (!m) {
		return null;
	}
	const date = { year: Number(m[1]), month: Number(m[2]), day: Number(m[3]) };
	const isReal = date.month >= 1 && date.month <= 12 && date.day >= 1
		&& date.day <= daysInMonth(date.year, date.month);
	return isReal ? date : null;
}
