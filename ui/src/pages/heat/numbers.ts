/*
 * numbers.ts - shares and durations of the page of a supply input
 */
import { formatNumber, UNKNOWN } from "~/format/number";
import type { Lang } from "~/i18n/lang";

const PERCENT: Record<Lang, string> = { ru: "\u202f%", en: "%" };

/* Tenths, and never a false 0 or 100 %. */
export function percent(share: number | null, lang: Lang): string {
	if (share === null) {
		return UNKNOWN;
	}
	const value = share > 0 && share < 1 ? Math.min(99.9, Math.max(0.1, share * 100)) : share * 100;
	return formatNumber(value, Number.isInteger(value) ? 0 : 1, lang) + PERCENT[lang];
}

export function signedPercent(value: number, lang: Lang): string {
	const decimals = Math.abs(value) < 10 ? 2 : 1;
	return `${Number(value.toFixed(decimals)) > 0 ? "+" : ""}${formatNumber(value, decimals, lang)}${PERCENT[lang]}`;
}

/* Hours as statements print them. */
export const hoursText = (seconds: number, lang: Lang): string =>
	`${formatNumber(seconds / 3600, 2, lang)}\u00a0${lang === "ru" ? "ч" : "h"}`;
