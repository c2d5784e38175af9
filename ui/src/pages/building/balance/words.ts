/*
 * words.ts - verdicts of balances as icon, word and colour; amounts with the digits of the page
 */
import type { Balance, BalanceCell } from "~/api/types";
import { formatNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import type { Lang } from "~/i18n/lang";
import type { IconName } from "~/parts/icon";
import type { Tone } from "~/parts/state";

export type Verdict = BalanceCell["verdict"];

export const VERDICTS: Record<Verdict, { tone: Tone; icon: IconName }> = {
	ok: { tone: "ok", icon: "ok" },
	loss: { tone: "bad", icon: "warning" },
	excess: { tone: "warning", icon: "warning" },
	unclear: { tone: "idle", icon: "unknown" },
	no_input: { tone: "idle", icon: "disabled" },
	nothing: { tone: "idle", icon: "disabled" },
};

/* Meters are good for a few percent: as many digits as that leaves meaning. */
export const digitsOf = (data: Balance): number => {
	const largest = data.nodes[0]?.total.input.value ?? data.nodes[0]?.total.flats.value ?? 0;
	return Math.abs(largest) >= 1000 ? 0 : Math.abs(largest) >= 100 ? 1 : Math.abs(largest) >= 1 ? 2 : 3;
};

export const amount = (data: Balance, value: number | null, lang: Lang): string =>
	value === null ? formatNumber(null, 0, lang) : `${formatNumber(value, digitsOf(data), lang)}\u00a0${unitName(data.unit, lang)}`;

export const percent = (value: number | null, lang: Lang, digits = 1): string =>
	value === null ? formatNumber(null, 0, lang) : `${formatNumber(value, digits, lang)}${lang === "ru" ? "\u202f" : ""}%`;

/* Money of an amount; no currency is known, the tariff's own is meant. */
export const money = (value: number | null, lang: Lang): string | null =>
	value === null ? null : formatNumber(value, 2, lang);
