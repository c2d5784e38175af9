/*
 * lang.ts - which language the person reads; Russian unless they chose otherwise
 */
import { cell, useCell, type Cell } from "~/app/cell";

export type Lang = "ru" | "en";

const KEY = "domovoi.lang";

function remembered(): Lang {
	try {
		return globalThis.localStorage?.getItem(KEY) === "en" ? "en" : "ru";
	} catch {
		return "ru"; /* storage forbidden by the browser */
	}
}

export const lang: Cell<Lang> = cell(remembered());

export const useLang = (): Lang => useCell(lang);

export function setLang(next: Lang): void {
	try {
		globalThis.localStorage?.setItem(KEY, next);
	} catch {
		/* not remembered, still switched */
	}
	lang.set(next);
}
