/*
 * text.ts - hours, percents and units of supply quality as they are shown
 */
import type { SupplyEvent } from "~/api/types";
import { formatNumber } from "~/format/number";
import type { Lang } from "~/i18n/lang";

export const hoursText = (hours: number, lang: Lang): string =>
	formatNumber(hours, Number.isInteger(hours) ? 0 : 1, lang);

/* Two digits are what steps of 0.1 and 0.15 % need. */
export const percentText = (percent: number | null, lang: Lang): string => formatNumber(percent, 2, lang);

export type KindName = SupplyEvent["kind"];

export function kindUnit(kind: KindName, isElectric: boolean, lang: Lang): { unit: string; decimals: number; colour: string } {
	switch (kind) {
	case "temperature":
		return { unit: "°C", decimals: 1, colour: "--hot" };
	case "room":
		return { unit: "°C", decimals: 1, colour: "--heat" };
	case "voltage":
		return { unit: lang === "ru" ? "В" : "V", decimals: 1, colour: "--power" };
	case "frequency":
		return { unit: lang === "ru" ? "Гц" : "Hz", decimals: 2, colour: "--power" };
	case "pressure":
	case "break":
		return isElectric
			? { unit: lang === "ru" ? "В" : "V", decimals: 1, colour: "--power" }
			: { unit: lang === "ru" ? "МПа" : "MPa", decimals: 3, colour: "--gauge" };
	}
}

/* Units of figures are plain text; those of our own rules are written as people of the language do. */
const UNITS: Record<string, string> = { h: "ч", MPa: "МПа", V: "В", Hz: "Гц", share: "доля" };
export const ruleUnit = (unit: string, lang: Lang): string => lang === "ru" ? UNITS[unit] ?? unit : unit === "share" ? "" : unit;
