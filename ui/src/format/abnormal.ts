/*
 * abnormal.ts - the common set of abnormal situations as words (src/model/abnormal.h)
 */
import type { Texts } from "~/i18n/text";

const BITS = ["flowLow", "flowHigh", "dtLow", "failure", "reverse", "power", "noFlow", "clock"] as const;

/* Causes behind the bits of a register of quantity "abnormal"; empty: all is well. */
export function abnormalCauses(bits: number, t: Texts): string[] {
	return BITS.filter((_, i) => (bits >> i) & 1).map((name) => t.abnormal[name]);
}
