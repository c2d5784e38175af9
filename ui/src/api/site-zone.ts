/*
 * site-zone.ts - the clock of pages that belong to no single building (lines, events, banners)
 *
 * A controller has one building: its zone. Where buildings differ, that of the person who looks.
 */
import { cell, useCell } from "~/app/cell";
import { get } from "./client";
import type { Place } from "./types";

const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

const zone = cell(browserZone());

export const useSiteZone = (): string => useCell(zone);

export async function loadSiteZone(): Promise<void> {
	try {
		const zones = new Set((await get("/buildings")).items.map((b) => b.calendar.zone));
		zone.set(zones.size === 1 ? [...zones][0]! : browserZone());
	} catch {
		/* the page that needs data says why there are none */
	}
}

/* The zone of a place: its own or that of the nearest place above that has one. */
export function placeZone(places: readonly Place[], id: number): string | null {
	const byId = new Map(places.map((p) => [p.id, p]));
	for (let p = byId.get(id); p; p = byId.get(p.parent)) {
		if (p.zone !== "") {
			return p.zone;
		}
	}
	return null;
}
