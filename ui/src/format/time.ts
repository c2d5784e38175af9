/*
 * time.ts - dates and times for people: dd.mm.yyyy in Russian, ISO in English, the building's zone
 */
import type { Lang } from "~/i18n/lang";
import { isoDate, localTime, parseIsoDate, type LocalDate } from "./zone";

const two = (n: number): string => String(n).padStart(2, "0");

const MONTHS: Record<Lang, readonly string[]> = {
	ru: ["январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь",
		"октябрь", "ноябрь", "декабрь"],
	en: ["January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"],
};
const WEEKDAYS: Record<Lang, readonly string[]> = {
	ru: ["пн", "вт", "ср", "чт", "пт", "сб", "вс"],
	en: ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"],
};

export const monthName = (month: number, lang: Lang): string => MONTHS[lang][month - 1] ?? "";
export const weekdayName = (day: number, lang: Lang): string => WEEKDAYS[lang][day - 1] ?? "";

export function formatDate(d: LocalDate, lang: Lang): string {
	return lang === "ru" ? `${two(d.day)}.${two(d.month)}.${d.year}` : isoDate(d);
}

/* A date as typed in either language: 24.11.2026 or 2026-11-24. */
export function readDate(text: string): LocalDate | null {
	const m = /^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\s*$/.exec(text);
	const iso = m ? `${m[3]}-${m[2]!.padStart(2, "0")}-${m[1]!.padStart(2, "0")}` : text.trim();
	return parseIsoDate(iso);
}

export const formatMonth = (d: LocalDate, lang: Lang): string =>
	`${monthName(d.month, lang)} ${d.year}`;

export const formatClock = (t: { hour: number; minute: number }): string =>
	`${two(t.hour)}:${two(t.minute)}`;

export function formatTime(utc: number, zone: string, lang: Lang): string {
	const t = localTime(utc, zone);
	return `${formatDate(t, lang)} ${formatClock(t)}`;
}

export function formatSeconds(utc: number, zone: string, lang: Lang): string {
	const t = localTime(utc, zone);
	return `${formatDate(t, lang)} ${formatClock(t)}:${two(t.second)}`;
}

const UNITS: Record<Lang, readonly [string, string, string, string]> = {
	ru: ["сут", "ч", "мин", "с"],
	en: ["d", "h", "min", "s"],
};

/* "4 d 6 h", "12 min", "40 s": two units at most, the smaller dropped when it says nothing. */
export function formatDuration(seconds: number, lang: Lang): string {
	const [d, h, m, s] = UNITS[lang];
	const total = Math.max(0, Math.round(seconds));
	const pair = (a: number, aUnit: string, b: number, bUnit: string): string =>
		b > 0 ? `${a}\u00a0${aUnit} ${b}\u00a0${bUnit}` : `${a}\u00a0${aUnit}`;
	if (total < 60) {
		return `${total}\u00a0${s}`;
	}
	if (total < 3600) {
		return `${Math.floor(total / 60)}\u00a0${m}`;
	}
	if (total < 86400) {
		return pair(Math.floor(total / 3600), h, Math.floor((total % 3600) / 60), m);
	}
	const days = Math.floor(total / 86400);
	return pair(days, d, days < 14 ? Math.floor((total % 86400) / 3600) : 0, h);
}
