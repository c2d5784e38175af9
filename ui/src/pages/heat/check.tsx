/*
 * check.tsx - the statement against itself: rows, readings at both ends, the meter's own month
 */
import type { HeatCheck, HeatInput, PlaceHeat } from "~/api/types";
import { formatNumber } from "~/format/number";
import { formatTime } from "~/format/time";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { quantityName } from "~/parts/quantity";
import { State } from "~/parts/state";

function Verdict({ check }: { check: HeatCheck }) {
	const t = useText();
	const answers = [check.rows, check.integrators, check.month].filter((v) => v !== null).length;
	const words = check.reasons.map((r) => r === "rows_missing" ? t.heat.reasons.rows_missing(check.rows_missing) : t.heat.reasons[r]);
	const isOpen = check.reasons.includes("unexplained");
	return (
		<>
			{check.is_equal
				? <State tone="ok" icon="ok" text={t.heat.equal} />
				: answers < 2
					? <State tone="idle" icon="unknown" text={t.heat.oneOnly} />
					: <State tone={isOpen ? "bad" : "warning"} icon={isOpen ? "failed" : "warning"} text={t.heat.differs} />}
			{words.length > 0 ? <div class="small muted">{words.join(", ")}</div> : null}
		</>
	);
}

export function Check({ input, data }: { input: HeatInput; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	if (input.checks.length === 0) {
		return null;
	}
	return (
		<section class="sheet" aria-label={t.heat.check}>
			<header><h2>{t.heat.check}</h2><p class="small muted">{t.heat.checkText}{input.checked_till < data.till ? `, ${t.heat.checkedTill(formatTime(input.checked_till, data.calendar.zone, lang))}` : ""}</p></header>
			<div class="scroll">
				<table class="sticky-first heat-check">
					<thead>
						<tr>
							<th scope="col">{t.heat.quantity}</th>
							<th scope="col" class="number">{t.heat.byRows}</th>
							<th scope="col" class="number">{t.heat.byIntegrators}</th>
							<th scope="col" class="number">{t.heat.byMonth}</th>
							<th scope="col" class="wide-only">{t.heat.verdict}</th>
						</tr>
					</thead>
					<tbody>
						{input.checks.map((c) => (
							<tr key={c.channel}>
								<th scope="row">
									<a href={`/channels/${c.channel}`}>{quantityName(c.quantity, lang)}</a><span class="unit">{unitName(c.unit, lang)}</span>
									<div class="narrow-only"><Verdict check={c} /></div>
								</th>
								{[c.rows, c.integrators, c.month].map((v, i) => (
									<td key={i} class="number">{formatNumber(v, c.quantity.decimals, lang)}</td>
								))}
								<td class="heat-verdict wide-only"><Verdict check={c} /></td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}
