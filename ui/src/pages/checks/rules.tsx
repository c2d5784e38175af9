/*
 * rules.tsx - the rules by which values are doubted, with the limits that hold at the building
 */
import { useState } from "preact/hooks";
import { useGet } from "~/api/use-get";
import { formatExact } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Busy, ProblemNotice } from "~/parts/notice";

function RuleTable({ place }: { place: number }) {
	const t = useText();
	const lang = useLang();
	const { data, problem, reload } = useGet("/validation-rules", { place });
	if (problem) {
		return <ProblemNotice problem={problem} retry={reload} />;
	}
	if (!data) {
		return <Busy />;
	}
	return (
		<div class="scroll">
			<table>
				<thead><tr><th scope="col">{t.checks.rule}</th><th scope="col">{t.checks.looksAt}</th><th scope="col">{t.checks.limits}</th></tr></thead>
				<tbody>
					{data.items.map((r) => (
						<tr key={r.id}>
							<td><b>{r.text[lang]}</b><div class="small muted mono">{r.id}</div></td>
							<td>{r.looks_at[lang]}{r.where === "here" ? null : <div class="small muted">{t.checks.where[r.where]}</div>}</td>
							<td>
								<ul class="small rule-limits">
									{r.limits.map((l) => (
										<li key={l.code} title={l.text[lang]}>
											<span class="mono">{l.code.split(".").slice(2).join(".")}</span> {formatExact(l.value, lang)} {l.unit}
											{l.place !== 0 ? <b> {t.checks.own}</b> : null}
										</li>
									))}
								</ul>
							</td>
						</tr>
					))}
				</tbody>
			</table>
			<p class="small muted check-lead">{t.checks.limitsText}</p>
		</div>
	);
}

export function Rules({ place }: { place: number }) {
	const t = useText();
	const [isOpen, setOpen] = useState(false);
	return (
		<details class="sheet check-rules" onToggle={(e) => setOpen(e.currentTarget.open)}>
			<summary>{t.checks.rules}</summary>
			{isOpen ? <RuleTable place={place} /> : null}
		</details>
	);
}
