/*
 * reference.ts - quantities, units and quality words, loaded once after signing in
 */
import { get } from "./client";
import type { Quantity, Unit } from "./types";
import { unitName } from "~/format/unit";
import type { Lang } from "~/i18n/lang";

let quantities: readonly Quantity[] = [];
type UnitRow = Unit & { code: string; dimension: string };

let units: readonly UnitRow[] = [];

export async function loadReference(): Promise<void> {
	const [q, u] = await Promise.all([get("/quantities"), get("/units")]);
	quantities = q.items;
	units = u.items;
}

export const allQuantities = (): readonly Quantity[] => quantities;
export const quantityOf = (code: string): Quantity | undefined => quantities.find((q) => q.code === code);

/* Configuration names a unit by its code, values by its symbol; the first of several is the usual one. */
const unitOf = (name: string): UnitRow | undefined =>
	units.find((u) => u.code === name) ?? units.find((u) => u.symbol === name);

export const unitCode = (name: string): string => unitOf(name)?.code ?? name;

export function unitText(name: string, lang: Lang): string {
	const unit = unitOf(name);
	return unit ? unitName(unit, lang) : name;
}

/* Codes of the units a value in `name` can be shown or bound in. */
export function unitsLike(name: string): readonly string[] {
	const dimension = unitOf(name)?.dimension;
	return units.filter((u) => u.dimension === dimension).map((u) => u.code);
}
