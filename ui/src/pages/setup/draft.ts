/*
 * draft.ts - between an object of the interface and the texts of a form
 */
import { formatTime, readDate } from "~/format/time";
import { utcTime } from "~/format/zone";
import type { Lang } from "~/i18n/lang";
import { FIELDS, type Draft, type Field, type Kind } from "./kinds";

const typed = (n: number, lang: Lang): string => lang === "ru" ? String(n).replace(".", ",") : String(n);

/* What the form shows: numbers and times as text, "not given" as an empty field. */
export function draftOf(kind: Kind, object: Draft, zone: string, lang: Lang): Draft {
	const out: Draft = { ...object };
	for (const f of FIELDS[kind]) {
		const value = object[f.name] ?? null;
		if (f.type === "int" || f.type === "real" || f.type === "ratio") {
			out[f.name] = value === null || value === f.unset ? "" : typed(Number(value), lang);
		} else if (f.type === "time") {
			out[f.name] = value === null ? "" : formatTime(Number(value), zone, lang);
		}
	}
	return out;
}

export function parseNumber(text: string): number | null {
	const plain = text.trim().replace(/[\s\u202f]/g, "").replace(",", ".").replace("\u2212", "-");
	return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
}

/* A number, or a product of ratios as it stands on transformers: "100/5", "100/5 * 10000/100". */
export function parseRatio(text: string): number | null {
	const factors = text.split(/[*×·]/).map((factor) => {
		const parts = factor.split("/").map(parseNumber);
		return parts.length > 2 || parts.includes(null) || parts[1] === 0 ? null : parts[0]! / (parts[1] ?? 1);
	});
	return factors.reduce((product, f) => product === null || f === null ? null : product * f, 1 as number | null);
}

export function parseTime(text: string, zone: string): number | null {
	const [date = "", clock = "00:00"] = text.trim().split(/[\sT]+/);
	const d = readDate(date);
	const m = /^(\d{1,2}):(\d{2})$/.exec(clock);
	if (!d || !m || Number(m[1]) > 23 || Number(m[2]) > 59) {
		return null;
	}
	return utcTime({ ...d, hour: Number(m[1]), minute: Number(m[2]), second: 0 }, zone);
}

export type Fault = "required" | "number" | "ratio" | "whole" | "range" | "time";

function readField(f: Field, text: string, zone: string): { value: number | null } | { fault: Fault } {
	if (text.trim() === "") {
		return f.isRequired ? { fault: "required" } : { value: f.unset ?? (f.type === "int" ? 0 : null) };
	}
	if (f.type === "time") {
		const utc = parseTime(text, zone);
		return utc === null ? { fault: "time" } : { value: utc };
	}
	const n = f.type === "ratio" ? parseRatio(text) : parseNumber(text);
	if (n === null) {
		return { fault: f.type === "ratio" ? "ratio" : "number" };
	}
	if (f.type === "int" && !Number.isInteger(n)) {
		return { fault: "whole" };
	}
	return n < (f.min ?? -Infinity) || n > (f.max ?? Infinity) ? { fault: "range" } : { value: n };
}

/* What is sent, or what is wrong by field. Only the kind's own fields are sent. */
export function objectOf(kind: Kind, draft: Draft, zone: string): { object: Draft } | { faults: Map<string, Fault> } {
	const object: Draft = {};
	const faults = new Map<string, Fault>();
	for (const f of FIELDS[kind]) {
		const value = draft[f.name] ?? null;
		if (f.type === "int" || f.type === "real" || f.type === "ratio" || f.type === "time") {
			const read = readField(f, String(value ?? ""), zone);
			if ("fault" in read) {
				faults.set(f.name, read.fault);
			} else {
				object[f.name] = f.name === "multiplier" ? read.value ?? 1 : read.value;
			}
			continue;
		}
		if (f.isRequired && (value === 0 || value === null || String(value).trim() === "")) {
			faults.set(f.name, "required");
		}
		object[f.name] = typeof value === "string" ? value.trim() : value;
	}
	if (kind === "places" && draft["kind"] === "building") {
		object["parent"] = 0;
	}
	return faults.size > 0 ? { faults } : { object };
}
