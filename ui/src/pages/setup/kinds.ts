/*
 * kinds.ts - the fields of every kind of object, from which the forms are drawn
 *
 * Names are those of the interface; labels and help are in the texts under the same names.
 */
import type { Binding, Channel, Formula, Line, Meter, Parameter, Place, PlaceKind } from "~/api/types";

export type Kind = "places" | "lines" | "meters" | "channels" | "bindings" | "formulas" | "parameters";
export const KINDS: readonly Kind[] = ["places", "lines", "meters", "channels", "bindings", "formulas", "parameters"];

/* Kinds that belong to the building and not to its devices: another right. */
export const isOfPlaces = (kind: Kind): boolean => ["places", "channels", "formulas", "parameters"].includes(kind);

export interface Objects {
	places: Place;
	lines: Line;
	meters: Meter;
	channels: Channel;
	bindings: Binding;
	formulas: Formula;
	parameters: Parameter;
}

export type Draft = Record<string, string | number | boolean | null>;

export type FieldType = "text" | "long" | "int" | "real" | "ratio" | "bool" | "time" | "ref" | "place-kind" | "zone"
	| "driver" | "params" | "quantity" | "unit" | "period" | "formula";

export interface Field {
	name: string;
	label?: string; /* of the texts, where the name alone means something else */
	type: FieldType;
	isRequired?: boolean;
	maxLength?: number;
	min?: number;
	max?: number;
	of?: Kind | "registers"; /* ref */
	unset?: number; /* the number that stands for "not given": shown as an empty field */
	isExpert?: boolean; /* folded away */
	when?: (draft: Draft) => boolean;
}

export const PLACE_KINDS: readonly PlaceKind[] = ["building", "entrance", "floor", "riser", "flat", "heating_point",
	"office", "common", "other"];

const isBuilding = (d: Draft): boolean => d["kind"] === "building";
const hasPeople = (d: Draft): boolean => ["building", "flat", "office"].includes(String(d["kind"]));
const hasFloor = (d: Draft): boolean => ["floor", "flat", "office", "common"].includes(String(d["kind"]));

const note: Field = { name: "note", type: "long", maxLength: 511, isExpert: true };
const sort: Field = { name: "sort", type: "int", isExpert: true };

export const FIELDS: Record<Kind, readonly Field[]> = {
	places: [
		{ name: "kind", type: "place-kind", isRequired: true },
		{ name: "name", type: "text", isRequired: true, maxLength: 127 },
		{ name: "parent", type: "ref", of: "places", when: (d) => !isBuilding(d) },
		{ name: "address", type: "text", maxLength: 255, when: isBuilding },
		{ name: "zone", type: "zone", maxLength: 47, when: isBuilding },
		{ name: "floor", type: "int", min: -9, max: 200, when: hasFloor },
		{ name: "area_m2", type: "real", min: 0, unset: 0, when: hasPeople },
		{ name: "people", type: "int", min: 0, unset: 0, when: hasPeople },
		{ name: "report_hour", type: "int", min: 0, max: 23, unset: -1, isExpert: true, when: isBuilding },
		{ name: "report_day", type: "int", min: 1, max: 31, unset: 0, isExpert: true, when: isBuilding },
		sort, note,
	],
	lines: [
		{ name: "name", type: "text", isRequired: true, maxLength: 127 },
		{ name: "link", type: "text", isRequired: true, maxLength: 255 },
		{ name: "is_enabled", type: "bool" },
		{ name: "baud", type: "int", min: 0, max: 4000000, unset: 0, isExpert: true },
		{ name: "framing", type: "text", maxLength: 7, isExpert: true },
		{ name: "reply_ms", type: "int", min: 0, max: 60000, unset: 0, isExpert: true },
		{ name: "gap_ms", type: "int", min: 0, max: 10000, unset: 0, isExpert: true },
		{ name: "has_echo", type: "bool", isExpert: true },
		note,
	],
	meters: [
		{ name: "line", type: "ref", of: "lines", isRequired: true },
		{ name: "driver", type: "driver", isRequired: true },
		{ name: "params", type: "params" },
		{ name: "name", type: "text", isRequired: true, maxLength: 127 },
		{ name: "place", type: "ref", of: "places" },
		{ name: "serial", type: "text", maxLength: 47 },
		{ name: "poll_s", type: "int", min: 0, max: 86400 },
		{ name: "is_enabled", type: "bool" },
		{ name: "archives", type: "bool", isExpert: true },
		{ name: "clock_s", type: "int", min: 0, max: 2592000, isExpert: true },
		{ name: "model", type: "text", maxLength: 127, isExpert: true },
		{ name: "zone", type: "zone", maxLength: 47, isExpert: true },
		{ name: "report_hour", type: "int", min: 0, max: 23, unset: -1, isExpert: true },
		{ name: "report_day", type: "int", min: 1, max: 31, unset: 0, isExpert: true },
		note,
	],
	channels: [
		{ name: "place", type: "ref", of: "places", isRequired: true },
		{ name: "quantity", type: "quantity", isRequired: true },
		{ name: "unit", type: "unit", isRequired: true },
		{ name: "name", type: "text", maxLength: 127 },
		{ name: "code", type: "text", maxLength: 63 },
		{ name: "upstream", type: "ref", of: "channels", isExpert: true },
		sort, note,
	],
	bindings: [
		{ name: "channel", type: "ref", of: "channels", isRequired: true },
		{ name: "register", type: "ref", of: "registers", isRequired: true },
		{ name: "multiplier", type: "ratio" },
		{ name: "from_utc", type: "time" },
		{ name: "till_utc", type: "time" },
		{ name: "reading_fitted", type: "real" },
		{ name: "reading_removed", type: "real" },
		note,
	],
	formulas: [
		{ name: "channel", type: "ref", of: "channels", isRequired: true },
		{ name: "period", type: "period", isRequired: true },
		{ name: "text", label: "formula", type: "formula", isRequired: true, maxLength: 1023 },
		{ name: "from_utc", label: "formula_from", type: "time" },
		{ name: "till_utc", label: "formula_till", type: "time" },
		note,
	],
	parameters: [
		{ name: "code", type: "text", isRequired: true, maxLength: 63 },
		{ name: "place", type: "ref", of: "places" },
		{ name: "valid_from", type: "text", maxLength: 10 },
		{ name: "value", type: "real" },
		{ name: "unit", type: "text", maxLength: 31 },
		{ name: "text", type: "long", maxLength: 2047, isExpert: true },
		{ name: "source", type: "text", maxLength: 255 },
		{ name: "is_confirmed", type: "bool" },
		note,
	],
};

/* What a new object begins with. */
export const BLANK: Record<Kind, Draft> = {
	places: {
		kind: "building", name: "", parent: 0, address: "", zone: "", floor: 0, area_m2: 0, people: 0,
		report_hour: -1, report_day: 0, sort: 0, note: "",
	},
	lines: {
		name: "", link: "", is_enabled: true, baud: 0, framing: "", reply_ms: 0, gap_ms: 0, has_echo: false, note: "",
	},
	meters: {
		line: 0, driver: "", params: "", name: "", place: 0, serial: "", poll_s: 60, is_enabled: true,
		archives: true, clock_s: 86400, model: "", zone: "", report_hour: -1, report_day: 0, note: "",
	},
	channels: { place: 0, quantity: "", unit: "", name: "", code: "", upstream: 0, sort: 0, note: "" },
	bindings: {
		channel: 0, register: 0, multiplier: 1, from_utc: null, till_utc: null, reading_fitted: null,
		reading_removed: null, note: "",
	},
	formulas: { channel: 0, text: "", period: "hour", from_utc: null, till_utc: null, note: "" },
	parameters: {
		code: "", place: 0, valid_from: "", value: null, unit: "", text: "", source: "", is_confirmed: false, note: "",
	},
};
