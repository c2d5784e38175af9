/*
 * number.ts - numbers as people of the language write them
 *
 * Russian: decimal comma; English: decimal point. Thousands are parted by a narrow no-break space in
 * both, so that a comma never means two things. Unknown is a dash, never zero.
 */
import type { Lang } from "~/i18n/lang";

export const UNKNOWN = "—";
const NARROW_SPACE = "\u202f";
const MINUS = "\u2212";

export function formatNumber(value: number | null | undefined, decimals: number, lang: Lang): string {
	if (value === null || value === undefined || !Number.isFinite(value)) {
		return UNKNOWN;
	}
	const fixed = Math.abs(value).toFixed(Math.max(0, Math.min(decimals, 9)));
	const dot = fixed.indexOf(".");
	const whole = dot < 0 ? fixed : fixed.slice(0, dot);
	const fraction = dot < 0 ? "" : fixed.slice(dot + 1);
	const grouped = whole.replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
	const isZero = !/[1-9]/.test(fixed);
	const sign = value < 0 && !isZero ? MINUS : "";
	return sign + grouped + (fraction === "" ? "" : (lang === "ru" ? "," : ".") + fraction);
}

/* For a spreadsheet of the same language: no thousands, a plain minus, empty where unknown. */
export function plainNumber(value: number | null, decimals: number, lang: Lang): string {
	if (value === null || !Number.isFinite(value)) {
		return "";
	}
	const text = value.toFixed(decimals);
	return lang === "ru" ? text.replace(".", ",") : text;
}

/* Share 0..1 as whole percent; rounds towards "not all": 99.6 % is 99 %, never a false 100 %. */
export function formatShare(share: number | null | undefined, lang: Lang): string {
	if (share === null || share === undefined || !Number.isFinite(share)) {
		return UNKNOWN;
	}
	const percent = share >= 1 ? 100 : Math.min(99, Math.floor(share * 100 + 1e-9));
	return `${formatNumber(percent, 0, lang)}${lang === "ru" ? NARROW_SPACE : ""}%`;
}

/* All the digits a reading has, six decimals at most: for showing a computation. */
export function formatExact(value: number | null | undefined, lang: Lang): string {
	if (value === null || value === undefined || !Number.isFinite(value)) {
		return UNKNOWN;
	}
	const fraction = value.toFixed(6).replace(/0+$/, "");
	const dot = fraction.indexOf(".");
	return formatNumber(value, fraction.length - dot - 1, lang);
}
