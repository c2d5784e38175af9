/*
 * facts.tsx - a row of numbers under their names, and where a number of law comes from
 */
import type { ComponentChildren } from "preact";
import type { RuleFigure } from "~/api/types";
import { formatExact } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import "./climate.css";

export function Facts({ children }: { children: ComponentChildren }) {
	return <dl class="climate-facts">{children}</dl>;
}

export function Fact(props: { name: string; hint?: string; children: ComponentChildren }) {
	return (
		<div title={props.hint}>
			<dt>{props.name}</dt>
			<dd>{props.children}</dd>
		</div>
	);
}

/* "3 %: order 115, not confirmed" */
export function Sources({ figures }: { figures: readonly (RuleFigure | null)[] }) {
	const t = useText();
	const lang = useLang();
	return (
		<ul class="climate-sources small muted">
			{figures.map((f) => f ? (
				<li key={f.code}>
					{f.text[lang]}: {formatExact(f.value, lang)} {f.unit} — {f.source[lang]}
					{f.is_confirmed ? "" : ` (${t.climate.notConfirmed})`}
				</li>
			) : null)}
		</ul>
	);
}
