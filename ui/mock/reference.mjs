/*
 * reference.mjs - quantities, units and quality from the program's own tables
 */
import { readFileSync } from "node:fs";

const table = (name) => readFileSync(new URL(`../../src/model/${name}`, import.meta.url), "utf8")
	.split("\n").filter((l) => l.startsWith("X("))
	.map((l) => [...l.slice(2, -1).matchAll(/"([^"]*)"|([^,\s][^,]*)/g)].map((m) => m[1] ?? m[2].trim()));

const unitRows = table("unit.def").map(([id, code, symbol, ru, dimension]) =>
	({ id, code, symbol, text: { en: symbol, ru }, dimension: dimension.toLowerCase() }));
const byId = new Map(unitRows.map((u) => [u.id, u]));

export const units = unitRows.map(({ id: _, ...u }) => u);
export const unit = (symbol) => {
	const u = units.find((x) => x.symbol === symbol);
	return { symbol: u.symbol, text: u.text };
};

export const quantities = table("quantity.def").map(([, code, en, ru, kind, unitId, decimals]) => {
	const u = byId.get(unitId) ?? { symbol: "", text: { en: "", ru: "" } };
	return {
		code, text: { en, ru }, kind: kind.toLowerCase(), unit: { symbol: u.symbol, text: u.text },
		decimals: Number(decimals),
	};
});
export const quantity = (code) => quantities.find((q) => q.code === code);

export const CLASSES = ["MEASURED", "INTERPOLATED", "ESTIMATED", "CALCULATED", "SUBSTITUTED", "EDITED", "PARTIAL",
	"SUSPECT", "MISSING"];
export const SOURCES = ["NONE", "ESTIMATE", "INTEGRATED", "POLLED", "METER", "IMPORT", "MANUAL"];
export const FLAGS = { ROLLOVER: 0x100, REPLACED: 0x200, RESET_SUSPECT: 0x400, HIGH_SUSPECT: 0x800, TIME_SUSPECT: 0x1000,
	ABNORMAL: 0x2000, LATE: 0x4000 };
export const flagNames = (mask) => Object.keys(FLAGS).filter((f) => mask & FLAGS[f]);

export const errors = Object.fromEntries(
	readFileSync(new URL("../../src/base/err.def", import.meta.url), "utf8")
		.replace(/\n\t/g, " ").split("\n").filter((l) => l.startsWith("X("))
		.map((l) => {
			const name = l.slice(2, l.indexOf(","));
			const [en, ru, checkEn, checkRu] = [...l.matchAll(/"([^"]*)"/g)].map((m) => m[1]);
			return [name, { error: name, text: { en, ru }, check: { en: checkEn, ru: checkRu }, detail: "" }];
		}));

export const drivers = [
	{
		name: "mbus", title: "M-Bus EN 13757, wired", title_ru: "M-Bus EN 13757, проводной", grade: "recorded",
		caps: ["current", "archive_month", "scan", "identify"],
		timing: { baud: 2400, framing: "8E1", reply_ms: 400, gap_ms: 15, retries: 2 },
		params: [
			{ name: "address", type: "text", min: 0, max: 16, default: null, is_required: true,
				help: { en: "primary 1…250, or secondary of 8 digits", ru: "первичный 1…250 или вторичный из 8 цифр" } },
			{ name: "baud", type: "int", min: 300, max: 38400, default: "2400", is_required: false,
				help: { en: "baud rate of the meter", ru: "скорость прибора" } },
		],
	},
	{
		name: "modbus", title: "Modbus RTU and TCP by register map", title_ru: "Modbus RTU и TCP по карте регистров", grade: "recorded",
		caps: ["current", "archive_hour", "archive_day", "clock", "set_clock", "identify"],
		timing: { baud: 9600, framing: "8N1", reply_ms: 300, gap_ms: 5, retries: 2 },
		params: [
			{ name: "model", type: "text", min: 0, max: 40, default: null, is_required: true,
				help: { en: "name of the register map", ru: "имя карты регистров" } },
			{ name: "address", type: "int", min: 1, max: 247, default: "1", is_required: true,
				help: { en: "address of the meter", ru: "адрес прибора" } },
			{ name: "swap", type: "bool", min: 0, max: 1, default: "0", is_required: false,
				help: { en: "words of a number swapped", ru: "слова числа переставлены" } },
		],
	},
];
