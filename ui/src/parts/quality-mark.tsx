/*
 * quality-mark.tsx - the class of a value as swatch and word
 */
import type { QualityClass } from "~/api/archive";
import { qualityColour } from "~/chart/quality";
import { useText } from "~/i18n/text";
import "./quality-mark.css";

export function QualityMark({ quality }: { quality: QualityClass }) {
	const t = useText();
	return (
		<span class="quality-mark">
			<i class={quality === "MISSING" ? "is-missing" : ""} style={{ "--swatch": `var(${qualityColour(quality)})` }} aria-hidden="true" />
			{t.quality[quality]}
		</span>
	);
}
