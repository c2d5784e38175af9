/*
 * quantity.tsx - how quantities look: drawing, colour, words
 */
import type { ApiText, Quantity } from "~/api/types";
import type { Lang } from "~/i18n/lang";
import type { IconName } from "./icon";

const LOOKS: readonly (readonly [RegExp, IconName, string])[] = [
	[/^(heat|cooling)_/, "heat", "--heat"],
	[/^hot_water$/, "hotdrop", "--hot"],
	[/^(cold_water|volume|flow)/, "drop", "--cold"],
	[/^(active|reactive|apparent)_energy|^energy$/, "bolt", "--power"],
	[/power$|^voltage$|^current$|^frequency$/, "bolt", "--power"],
	[/^gas$/, "gas", "--gas"],
	[/^temperature/, "thermometer", "--gauge"],
	[/^mass/, "drop", "--other"],
];

export function quantityLook(code: string): { icon: IconName; colour: string } {
	const found = LOOKS.find(([pattern]) => pattern.test(code));
	return found ? { icon: found[1], colour: found[2] } : { icon: "gauge", colour: "--other" };
}

/* What people look for first comes first: the resources that are paid for, then the rest. */
const FIRST = ["heat_energy", "hot_water", "cold_water", "active_energy", "active_energy_sum", "gas"];

export function quantityRank(code: string): number {
	const i = FIRST.indexOf(code);
	return i < 0 ? FIRST.length : i;
}

/* Something that is paid for: worth a tile of its own. */
export const isResource = (code: string): boolean => FIRST.includes(code);

export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const quantityName = (q: { text: ApiText }, lang: Lang): string => sentence(q.text[lang]);

/* A channel's own name, or its quantity's. */
export const channelName = (c: { name: string; quantity: Quantity }, lang: Lang): string =>
	c.name !== "" ? c.name : quantityName(c.quantity, lang);

/* Decimals to show: those of the quantity hold for its default unit; a unit a thousand times
 * smaller needs three fewer. */
export function decimalsFor(q: Quantity, unit: string): number {
	if (unit === q.unit.symbol) {
		return q.decimals;
	}
	const small = ["l", "Wh", "kg", "W", "l/h", "Pa", "kPa", "var", "varh"];
	return small.includes(unit) ? Math.max(0, q.decimals - 2) : q.decimals;
}

/* The same for a series: where even its largest value would show fewer than two digits (a flat's heat
 * by the hour in Gcal), more decimals are shown, three at most. */
export function decimalsOver(q: Quantity, unit: string, values: readonly (number | null)[]): number {
	const usual = decimalsFor(q, unit);
	const largest = values.reduce((most: number, v) => Math.max(most, Math.abs(v ?? 0)), 0);
	if (largest === 0) {
		return usual;
	}
	return Math.min(usual + 3, Math.max(usual, 1 - Math.floor(Math.log10(largest))));
}
