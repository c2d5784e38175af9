/*
 * choices.ts - what the fields of a form can refer to, loaded once per form
 */
import { useMemo } from "preact/hooks";
import { quantityOf } from "~/api/reference";
import { useGet } from "~/api/use-get";
import type { Driver, Place } from "~/api/types";
import { useLang } from "~/i18n/lang";
import { quantityName } from "~/parts/quantity";
import type { Kind } from "./kinds";

export interface Choice {
	id: number;
	text: string;
}

export interface Choices {
	isReady: boolean;
	problem: unknown;
	refs: (of: Kind | "registers") => Choice[];
	drivers: readonly Driver[];
	zones: readonly string[];
}

const natural = new Intl.Collator(undefined, { numeric: true });

/* Places as an indented tree, parents before children. */
export function placeTree(places: readonly Place[]): { place: Place; depth: number }[] {
	const children = new Map<number, Place[]>();
	for (const p of places) {
		children.set(p.parent, [...(children.get(p.parent) ?? []), p]);
	}
	const out: { place: Place; depth: number }[] = [];
	const walk = (parent: number, depth: number): void => {
		const here = (children.get(parent) ?? []).sort((a, b) =>
			a.sort - b.sort || a.floor - b.floor || natural.compare(a.name, b.name));
		for (const place of here) {
			out.push({ place, depth });
			walk(place.id, depth + 1);
		}
	};
	walk(0, 0);
	return out;
}

export function useChoices(): Choices {
	const lang = useLang();
	const places = useGet("/places");
	const lines = useGet("/lines");
	const meters = useGet("/meters");
	const registers = useGet("/registers");
	const channels = useGet("/channels");
	const drivers = useGet("/drivers");
	const zones = useGet("/zones");
	const all = [places, lines, meters, registers, channels, drivers, zones];
	const isReady = all.every((x) => x.data !== null);
	return useMemo(() => {
		const placeName = new Map((places.data?.items ?? []).map((p) => [p.id, p.name]));
		const meterName = new Map((meters.data?.items ?? []).map((m) => [m.id, m.name]));
		const name = (code: string): string => {
			const q = quantityOf(code);
			return q ? quantityName(q, lang) : code;
		};
		const lists: Record<Kind | "registers", () => Choice[]> = {
			places: () => placeTree(places.data?.items ?? []).map(({ place, depth }) =>
				({ id: place.id, text: "\u2003".repeat(depth) + place.name })),
			lines: () => (lines.data?.items ?? []).map((l) => ({ id: l.id, text: l.name })),
			meters: () => (meters.data?.items ?? []).map((m) => ({ id: m.id, text: m.name })),
			registers: () => (registers.data?.items ?? []).map((r) =>
				({ id: r.id, text: `${meterName.get(r.meter) ?? r.meter} · ${name(r.quantity)} (${r.key})` })),
			channels: () => (channels.data?.items ?? []).map((c) =>
				({ id: c.id, text: `${placeName.get(c.place) ?? c.place} · ${c.name || name(c.quantity)}${c.code ? ` (${c.code})` : ""}` })),
			bindings: () => [],
			formulas: () => [],
			parameters: () => [],
		};
		return {
			isReady,
			problem: all.find((x) => x.problem && !x.data)?.problem ?? null,
			refs: (of) => lists[of]().sort(of === "places" ? () => 0 : (a, b) => natural.compare(a.text, b.text)),
			drivers: drivers.data?.items ?? [],
			zones: zones.data?.items ?? [],
		};
	}, [lang, ...all.map((x) => x.data), ...all.map((x) => x.problem)]);
}
