/*
 * quality-legend.tsx - what the colours of the strip mean; only those that occur
 */
import { CLASSES, type Point } from "~/api/archive";
import { qualityColour } from "~/chart/quality";
import { useText } from "~/i18n/text";

export function QualityLegend({ points }: { points: readonly Point[] }) {
	const t = useText();
	const present = CLASSES.filter((c) => points.some((p) => p.quality === c));
	return (
		<ul class="quality-legend small muted" aria-label={t.channel.quality}>
			{present.map((c) => (
				<li key={c}>
					<i class={c === "MISSING" ? "is-missing" : ""} style={{ "--swatch": `var(${qualityColour(c)})` }} aria-hidden="true" />
					{t.quality[c]}
				</li>
			))}
			<li class="quality-hint">{t.channel.clickHint}</li>
		</ul>
	);
}
