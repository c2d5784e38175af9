import assert from "node:assert/strict";
import { test } from "node:test";
import { flagsOf, pointsOf } from "~/api/archive";
import type { Archive, ChannelSummary, PlaceNode, Quantity } from "~/api/types";
import { axisLabels } from "~/chart/axis";
import { csvText } from "~/format/csv";
import { eventName } from "~/format/event";
import { unitName } from "~/format/unit";
import { flatValue, layOut } from "~/pages/building/layout";
import { decimalsOver } from "~/parts/quantity";

const HOUR = 3600;
const heat: Quantity = { code: "heat_energy", text: { en: "heat", ru: "тепло" }, kind: "counter", unit: { symbol: "Gcal", text: { en: "Gcal", ru: "Гкал" } }, decimals: 3 };

test("columns of an archive become points, a gap stays a gap", () => {
	const points = pointsOf({
		start: [0, HOUR], value: [1.5, null], quality: [2, 8], source: [1, 0], flags: [0x4200, 0],
	} as unknown as Archive);
	assert.deepEqual(points[0], { start: 0, value: 1.5, quality: "ESTIMATED", source: "ESTIMATE", flags: ["REPLACED", "LATE"] });
	assert.equal(points[1]!.value, null);
	assert.equal(points[1]!.quality, "MISSING");
	assert.deepEqual(flagsOf(0), []);
});

test("a day of hours is labelled by round hours, a month of hours by days", () => {
	const from = Date.parse("2026-10-31T21:00:00Z") / 1000; /* 1.11. 00:00 in Moscow */
	const hours = Array.from({ length: 24 }, (_, i) => from + i * HOUR);
	const day = axisLabels(hours, "hour", "Europe/Moscow", "ru", 10);
	assert.deepEqual(day.filter((l) => l !== ""), ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]);
	const month = axisLabels(Array.from({ length: 30 * 24 }, (_, i) => from + i * HOUR), "hour", "Europe/Moscow", "ru", 8);
	assert.deepEqual(month.filter((l) => l !== ""), ["01.11", "06.11", "11.11", "16.11", "21.11", "26.11"]);
});

test("a spreadsheet gets quoted cells and its own separator", () => {
	assert.equal(csvText([["a;b", "1,5"], ["say \"x\"", ""]], ";"), "\"a;b\";1,5\r\n\"say \"\"x\"\"\";\r\n");
});

test("units carry real superscripts in English too", () => {
	assert.equal(unitName({ text: { en: "m3/h", ru: "м³/ч" } }, "en"), "m³/h");
	assert.equal(unitName({ text: { en: "kgf/cm2", ru: "кгс/см²" } }, "en"), "kgf/cm²");
	assert.equal(unitName({ text: { en: "dm3", ru: "дм³" } }, "en"), "dm³");
});

test("small series show more digits, others the usual ones", () => {
	assert.equal(decimalsOver(heat, "Gcal", [0.0019, 0.0005]), 4);
	assert.equal(decimalsOver(heat, "Gcal", [0.094, null]), 3);
	assert.equal(decimalsOver(heat, "Gcal", [35.9]), 3);
	assert.equal(decimalsOver(heat, "Gcal", [0, null]), 3);
	assert.equal(decimalsOver(heat, "Gcal", [1e-9]), 6);
});

test("events of meters we do not know keep their code", () => {
	const names = { error: "error of the meter", power_off: "power off" };
	assert.equal(eventName("power_off", names), "power off");
	assert.equal(eventName("error.0x12", names), "error of the meter 0x12");
	assert.equal(eventName("x_7", names), "x_7");
});

const place = (id: number, parent: number, kind: PlaceNode["kind"], floor: number, channels: ChannelSummary[] = []): PlaceNode =>
	({ id, parent, kind, name: `${kind} ${id}`, sort: id, floor, area_m2: null, people: null, channels });
const channel = (id: number, month: number | null): ChannelSummary => ({
	id, place: 0, name: "", sort: 0, quantity: heat, unit: heat.unit, last: null,
	today: null, month: { value: month, quality: month === null ? "MISSING" : "MEASURED", flags: [], completeness: month === null ? 0 : 1 }, meter: null,
});

test("flats find their entrance and floor, wherever the floor is written", () => {
	const layout = layOut([
		place(1, 0, "building", 0), place(2, 1, "heating_point", 0, [channel(90, 1)]), place(3, 1, "entrance", 0),
		place(4, 3, "floor", 7), place(5, 4, "flat", 0, [channel(91, 2)]), place(6, 3, "flat", 2, [channel(92, 3)]),
	]);
	assert.deepEqual(layout.inputs.map((p) => p.id), [2]);
	assert.deepEqual(layout.flats.map((f) => [f.place.id, f.entrance?.id, f.floor]), [[6, 3, 2], [5, 3, 7]]);
	assert.deepEqual(layout.columns.map((c) => c.key), ["heat_energy:Gcal"]);
});

test("a flat with one unknown meter has no sum", () => {
	const layout = layOut([place(1, 0, "building", 0), place(2, 1, "flat", 1, [channel(1, 2), channel(2, 3)]),
		place(3, 1, "flat", 1, [channel(3, 2), channel(4, null)])]);
	assert.deepEqual(layout.flats.map((f) => flatValue(f, layout.columns[0]!, "month")), [5, null]);
});
