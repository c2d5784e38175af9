/*
 * sections.ts - the pages of a building beyond its first: /buildings/{id}/{path}
 *
 * In the order they are shown. A page is loaded when first opened.
 */
import type { ComponentType } from "preact";
import type { PlaceKind } from "~/api/types";
import type { Route } from "~/app/route";
import type { Texts } from "~/i18n/ru";
import type { IconName } from "~/parts/icon";

export interface SectionProps {
	id: number; /* of the building */
	route: Route;
}

export interface Section {
	path: string;
	icon: IconName;
	text: (t: Texts) => string;
	load: () => Promise<ComponentType<SectionProps>>;
	needs?: PlaceKind; /* only where the building has a place of this kind */
}

export const SECTIONS: readonly Section[] = [
	{ path: "heat", icon: "heat", text: (t) => t.heat.title, load: async () => (await import("~/pages/heat/heat")).HeatPage },
	{ path: "graph", icon: "thermometer", text: (t) => t.climate.graphSection, load: () => import("../climate/graph").then((m) => m.GraphPage) },
	{
		path: "balance", icon: "balance", text: (t) => t.balance.title,
		load: () => import("./balance/balance").then((m) => m.BalancePage),
	},
	{ path: "efficiency", icon: "gauge", text: (t) => t.climate.efficiencySection, load: () => import("../climate/efficiency").then((m) => m.EfficiencyPage) },
	{ path: "risers", icon: "lines", text: (t) => t.climate.risersSection, load: () => import("../climate/risers").then((m) => m.RisersPage), needs: "riser" },
	{ path: "quality", icon: "gauge", text: (t) => t.supply.title, load: () => import("~/pages/quality/quality").then((m) => m.QualityPage) },
	{ path: "charges", icon: "copy", text: (t) => t.charges.section, load: () => import("~/pages/charges/charges").then((m) => m.ChargesPage) },
	{ path: "checks", icon: "ok", text: (t) => t.checks.section, load: () => import("~/pages/checks/checks").then((m) => m.ChecksPage) },
	{ path: "closings", icon: "clock", text: (t) => t.closings.section, load: () => import("~/pages/closings/closings").then((m) => m.ClosingsPage) },
];
