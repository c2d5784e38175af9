/*
 * reference.ts - quantities, units and quality words, loaded once after signing in
 */
import { get } from "./client";
import type { Quantity, Unit } from "./types";
import type { Lang } from "~/i18n/lang";

let quantities: readonly Quantity[] = [];
let units = new Map<string, Unit & { dimension: string }>();

export async function loadReference(): Promise<void> {
	const [q, u] = await Promise.all([get("/quantities"), get("/units")]);
	quantities = q.items;
	/* several codes may share a symbol (l and dm3 do not, but gal does): the first is the usual one */
	units = new Map([...u.items].reverse().map((x) => [x.symbol, x]));
}

export const allQuantities = (): readonly Quantity[] => quantities;
export const quantityOf = (code: string): Quantity | undefined => quantities.find((q) => q.code === code);
export const allUnits = (): readonly (Unit & { dimension: string })[] => [...units.values()];

export function unitText(symbol: string, lang: Lang): string {
	return units.get(symbol)?.text[lang] ?? symbol;
}

/* Units a value in `symbol` can be shown or bound in. */
export function unitsLike(symbol: string): readonly string[] {
	const dimension = units.get(symbol)?.dimension;
	return allUnits().filter((u) => u.dimension === dimension).map((u) => u.symbol);
}
