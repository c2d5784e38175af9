/*
 * unit.ts - how a unit is written; the English symbols of the interface are plain ASCII
 */
import type { Lang } from "~/i18n/lang";

export function unitName(unit: { text: { en: string; ru: string } }, lang: Lang): string {
	return lang === "ru"
		? unit.text.ru
		: unit.text.en.replace(/\b(d?m|ft|cm)([23])\b/g, (_, base: string, power: string) => base + (power === "2" ? "²" : "³"));
}
