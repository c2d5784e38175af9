/*
 * legend.tsx - what the marks of a chart mean, in words: form and colour
 */
import "./climate.css";

export interface LegendItem {
	colour: string;
	mark: "●" | "▲" | "◆" | "○" | "—" | "┄";
	text: string;
}

export function Legend({ items }: { items: readonly LegendItem[] }) {
	return (
		<ul class="climate-legend small">
			{items.map((i) => (
				<li key={i.text}><i style={{ color: `var(${i.colour})` }} aria-hidden="true">{i.mark}</i>{i.text}</li>
			))}
		</ul>
	);
}
