/*
 * layout.ts - the places of a building as people see them: inputs, and flats by entrance and floor
 */
import type { ChannelSummary, PlaceNode, Quantity, Unit } from "~/api/types";
import { quantityRank } from "~/parts/quantity";
import { asHealth, HEALTH_ORDER, type Health } from "~/parts/state";

export interface Flat {
	place: PlaceNode;
	entrance: PlaceNode | null;
	floor: number;
	health: Health; /* of the worst of its meters */
}

/* What one column of the table or one colouring of the façade shows. */
export interface Column {
	key: string; /* quantity and unit: values of different units never share a column */
	quantity: Quantity;
	unit: Unit;
}

export interface Layout {
	inputs: PlaceNode[]; /* building, heating points, common parts: places with channels that are no flats */
	flats: Flat[];
	entrances: (PlaceNode | null)[];
	columns: Column[];
}

const isDwelling = (p: PlaceNode): boolean => p.kind === "flat" || p.kind === "office";

export const columnKey = (c: ChannelSummary): string => `${c.quantity.code}:${c.unit.symbol}`;

export function worstHealth(channels: readonly ChannelSummary[]): Health {
	const all = channels.flatMap((c) => c.meter ? [asHealth(c.meter.health)] : []);
	return all.sort((a, b) => HEALTH_ORDER[a] - HEALTH_ORDER[b])[0] ?? "unknown";
}

const natural = new Intl.Collator(undefined, { numeric: true });
const bySort = (a: PlaceNode, b: PlaceNode): number => a.sort - b.sort || natural.compare(a.name, b.name);

export function layOut(places: readonly PlaceNode[]): Layout {
	const byId = new Map(places.map((p) => [p.id, p]));
	const ancestor = (p: PlaceNode, kind: PlaceNode["kind"]): PlaceNode | null => {
		for (let up = byId.get(p.parent); up; up = byId.get(up.parent)) {
			if (up.kind === kind) {
				return up;
			}
		}
		return null;
	};
	const flats = places.filter(isDwelling).map((place): Flat => ({
		place,
		entrance: ancestor(place, "entrance"),
		floor: place.floor !== 0 ? place.floor : ancestor(place, "floor")?.floor ?? 0,
		health: worstHealth(place.channels),
	}));
	const entrances = [...new Set(flats.map((f) => f.entrance))].sort((a, b) => a && b ? bySort(a, b) : a ? -1 : 1);
	flats.sort((a, b) =>
		entrances.indexOf(a.entrance) - entrances.indexOf(b.entrance) || a.floor - b.floor || bySort(a.place, b.place));
	const columns = new Map<string, Column>();
	for (const channel of flats.flatMap((f) => f.place.channels)) {
		columns.set(columnKey(channel), { key: columnKey(channel), quantity: channel.quantity, unit: channel.unit });
	}
	return {
		inputs: places.filter((p) => p.channels.length > 0 && !isDwelling(p) && !flats.some((f) => isBelow(p, f.place, byId))),
		flats,
		entrances,
		columns: [...columns.values()].sort((a, b) =>
			quantityRank(a.quantity.code) - quantityRank(b.quantity.code) || natural.compare(a.key, b.key)),
	};
}

function isBelow(p: PlaceNode, above: PlaceNode, byId: ReadonlyMap<number, PlaceNode>): boolean {
	for (let up = byId.get(p.parent); up; up = byId.get(up.parent)) {
		if (up.id === above.id) {
			return true;
		}
	}
	return false;
}

/* The channels of a flat in one column: two risers give two meters of hot water. */
export const channelsOf = (flat: Flat, column: Column): ChannelSummary[] =>
	flat.place.channels.filter((c) => columnKey(c) === column.key);

/* What a page shows of each flat: totals of the running month or day, or the last reading. */
export type Span = "month" | "today" | "now";

/* Sum of a flat's channels in the column; null as soon as one of them is unknown. */
export function flatValue(flat: Flat, column: Column, span: Span): number | null {
	const channels = channelsOf(flat, column);
	let sum = 0;
	for (const c of channels) {
		const value = span === "now" ? c.last?.value : c[span]?.value;
		if (value === null || value === undefined) {
			return null;
		}
		sum += value;
	}
	if (channels.length === 0) {
		return null;
	}
	return column.quantity.kind === "counter" ? sum : sum / channels.length;
}
