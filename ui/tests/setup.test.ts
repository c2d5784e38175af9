import assert from "node:assert/strict";
import { test } from "node:test";
import { draftOf, objectOf, parseNumber, parseRatio, parseTime } from "~/pages/setup/draft";
import { flatNumber } from "~/pages/setup/flat-plan";
import { BLANK, FIELDS, KINDS, type Draft, type Kind } from "~/pages/setup/kinds";
import { readParams, writeParams } from "~/pages/setup/params";

test("driver parameters survive the way into fields and back", () => {
	const text = "address=5 baud=2400 password=a=b";
	assert.equal(writeParams(readParams(text)), text);
	assert.equal(writeParams(new Map([["address", " 7 "], ["baud", ""]])), "address=7");
	assert.equal(readParams("  ").size, 0);
});

test("numbers are understood as people of either language type them", () => {
	assert.equal(parseNumber("1 234,5"), 1234.5);
	assert.equal(parseNumber("1\u202f234.5"), 1234.5);
	assert.equal(parseNumber("\u22125"), -5);
	for (const wrong of ["", "1,", "1.2.3", "5 kW", "0x10", "1e9"]) {
		assert.equal(parseNumber(wrong), null, wrong);
	}
});

test("ratios of transformers are understood as they stand on their plates", () => {
	assert.equal(parseRatio("100/5"), 20);
	assert.equal(parseRatio("100/5*10000/100"), 2000);
	assert.equal(parseRatio(" 200 / 5 × 6 000/100 "), 2400);
	assert.equal(parseRatio("0,001"), 0.001);
	assert.equal(parseRatio("1/3")! * 3, 1);
	for (const wrong of ["", "100/", "/5", "100/0", "100/5/2", "100/5*", "2+3", "100:5"]) {
		assert.equal(parseRatio(wrong), null, wrong);
	}
	const binding = { ...BLANK.bindings, channel: 1, register: 2, multiplier: "100/5" };
	const sent = objectOf("bindings", binding, "UTC");
	assert.equal("object" in sent && sent.object["multiplier"], 20);
	const fault = objectOf("bindings", { ...binding, multiplier: "100/0" }, "UTC");
	assert.equal("faults" in fault && fault.faults.get("multiplier"), "ratio");
});

test("times are the building's, in either notation", () => {
	const utc = Date.parse("2026-11-24T20:05:00Z") / 1000;
	assert.equal(parseTime("24.11.2026 23:05", "Europe/Moscow"), utc);
	assert.equal(parseTime("2026-11-24 23:05", "Europe/Moscow"), utc);
	assert.equal(parseTime("24.11.2026 24:05", "Europe/Moscow"), null);
	assert.equal(parseTime("31.02.2026", "Europe/Moscow"), null);
});

test("what a form shows and sends again is what it got", () => {
	const objects: Record<Kind, Draft> = {
		places: { ...BLANK.places, name: "Дом", zone: "Europe/Moscow", area_m2: 748.4, report_hour: 0, people: 3 },
		lines: { ...BLANK.lines, name: "L", link: "tcp://10.0.0.2:4001", baud: 2400 },
		meters: { ...BLANK.meters, line: 1, driver: "mbus", params: "address=5", name: "M" },
		channels: { ...BLANK.channels, place: 1, quantity: "heat_energy", unit: "Gcal" },
		bindings: { ...BLANK.bindings, channel: 1, register: 2, from_utc: 1795564800, multiplier: 0.01, reading_fitted: 12.345 },
		formulas: { ...BLANK.formulas, channel: 1, text: "a - b", period: "day", from_utc: 1795564800 },
		parameters: { ...BLANK.parameters, code: "tariff.heat", place: 1, valid_from: "2026-07-01", value: 2183.54, unit: "currency/Gcal" },
	};
	for (const kind of KINDS) {
		for (const lang of ["ru", "en"] as const) {
			const sent = objectOf(kind, draftOf(kind, objects[kind], "Europe/Moscow", lang), "Europe/Moscow");
			assert.ok("object" in sent, kind);
			for (const f of FIELDS[kind]) {
				assert.deepEqual(sent.object[f.name], objects[kind][f.name], `${kind}.${f.name}`);
			}
		}
	}
});

test("an unknown reading is sent as unknown, not as zero", () => {
	const sent = objectOf("bindings", { ...BLANK.bindings, channel: 1, register: 2, reading_fitted: "" }, "UTC");
	assert.ok("object" in sent);
	assert.equal(sent.object["reading_fitted"], null);
});

test("faults are told by field", () => {
	const sent = objectOf("places", { ...draftOf("places", BLANK.places, "UTC", "en"), name: " ", report_hour: "25", people: "2,5", area_m2: "big" }, "UTC");
	assert.ok("faults" in sent);
	assert.deepEqual([...sent.faults].sort(), [["area_m2", "number"], ["name", "required"], ["people", "whole"], ["report_hour", "range"]]);
});

test("flats are numbered entrance by entrance, floor by floor", () => {
	const plan = { entrances: 2, floors: 3, perFloor: 2, first: 1 };
	assert.equal(flatNumber(plan, 0, 0, 0), 1);
	assert.equal(flatNumber(plan, 0, 2, 1), 6);
	assert.equal(flatNumber(plan, 1, 0, 0), 7);
});
