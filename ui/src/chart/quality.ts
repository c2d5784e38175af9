/*
 * quality.ts - how trust is drawn: the colour of each class and what counts as firm
 */
import type { QualityClass } from "~/api/archive";

/* Read from a meter, or computed from what was; the rest is hatched. */
export const isFirm = (q: QualityClass): boolean => q === "MEASURED" || q === "CALCULATED" || q === "EDITED";

export function qualityColour(q: QualityClass | undefined): string {
	switch (q) {
	case "MEASURED":
	case "CALCULATED":
		return "--q-measured";
	case "INTERPOLATED":
		return "--q-interpolated";
	case "ESTIMATED":
	case "SUBSTITUTED":
	case "PARTIAL":
		return "--q-estimated";
	case "EDITED":
		return "--q-edited";
	case "SUSPECT":
		return "--q-suspect";
	default:
		return "--q-missing";
	}
}
