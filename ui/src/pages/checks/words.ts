/*
 * words.ts - what is wrong with a value, in words with its numbers
 */
import type { Verdict } from "~/api/types";
import { formatNumber, formatExact } from "~/format/number";
import { unitName } from "~/format/unit";
import type { Lang } from "~/i18n/lang";
import type { Texts } from "~/i18n/text";
import { decimalsFor } from "~/parts/quantity";

/* Numbers of a verdict as text, each in its own way of being shown. */
function shown(v: Verdict, lang: Lang) {
	const decimals = decimalsFor(v.quantity, v.unit.symbol);
	const unit = unitName(v.unit, lang);
	const amount = (n: number | null) => n === null ? "—" : `${formatNumber(n, Math.max(decimals, 2), lang)} ${unit}`;
	const plain = (n: number | null) => n === null ? "—" : formatExact(Number(n.toPrecision(3)), lang);
	const percent = (n: number | null) => n === null ? "—" : `${n > 0 ? "+" : ""}${formatNumber(n, Math.abs(n) < 10 ? 1 : 0, lang)} %`;
	return { amount, plain, percent };
}

export function doubtText(v: Verdict, t: Texts, lang: Lang): string {
	const { amount, plain, percent } = shown(v, lang);
	const w = t.checks.words;
	const m = v.measure ?? 0;
	switch (v.rule) {
		case "V-RANGE":
			return v.bound !== null && v.value !== null && v.value < v.bound ? w.below(amount(v.value), amount(v.bound)) : w.above(amount(v.value), amount(v.bound));
		case "V-GAP":
			return w.gap(m, v.other ?? 24);
		case "V-TIME":
			return w.clock(m);
		case "V-NEG":
			return w.negative;
		case "V-CAP":
			return v.bound === null ? w.tooMuch(amount(v.value)) : w.capacity(amount(v.value), amount(v.bound));
		case "V-SPIKE":
			return w.spike(amount(v.value), plain(m + 1), amount(v.other));
		case "V-HL":
			return w.unusual(amount(v.value), `${formatNumber(m * 100, 0, lang)} %`, amount(v.other));
		case "V-ZERO":
			return w.zero(m);
		case "V-NOZERO":
			return w.neverZero(amount(v.measure));
		case "V-FLAT":
			return w.stuck(amount(v.value), m);
		case "V-ROC":
			return w.rate(plain(v.measure), plain(v.bound));
		case "V-SUM":
			return w.sum(amount(v.measure), amount(v.bound));
		case "V-Q":
			return w.energy(amount(v.value), amount(v.other), percent(v.measure));
		case "V-MB":
			return w.balance(amount(v.value), amount(v.other), percent(v.measure));
		case "V-DT":
			return w.temperatures(amount(v.value), amount(v.other));
		case "V-EVT":
			return w.event(m, v.other ?? 0);
		case "V-PAIR":
			return w.pair(amount(v.value), amount(v.other), percent(v.measure));
		case "V-OCC":
			return w.vacant(amount(v.value), `${formatNumber(m * 100, 0, lang)} %`);
		case "EDIT":
			return v.method === "restore" ? w.restore : v.fill === null ? w.enterNone : w.enter(amount(v.fill));
		default:
			return v.rule;
	}
}
