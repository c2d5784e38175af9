/*
 * doubts.tsx - what is or was doubted about a value, and original and accepted value side by side
 */
import { useGet } from "~/api/use-get";
import type { Provenance, Verdict } from "~/api/types";
import { formatNumber } from "~/format/number";
import { formatTime } from "~/format/time";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { decimalsOver } from "~/parts/quantity";
import { QualityMark } from "~/parts/quality-mark";
import { doubtText } from "~/pages/checks/words";

/* What the meter said before anybody had a hand in it: the doubted value, else the first that was replaced. */
function originalOf(origin: Provenance, verdicts: readonly Verdict[]): number | null {
	const doubted = verdicts.find((v) => v.value !== null && v.rule !== "EDIT" && v.state !== "gone");
	const replaced = origin.history.find((h) => h.value !== null && h.source !== "MANUAL");
	return doubted?.value ?? replaced?.value ?? null;
}

export function Doubts({ origin, zone }: { origin: Provenance; zone: string }) {
	const t = useText();
	const lang = useLang();
	const { from_utc: from } = origin.span;
	const { data } = useGet("/verdicts", { channel: origin.channel, state: "all", from, till: from + 1 });
	const verdicts = (data?.items ?? []).filter((v) => v.period === origin.period);
	const original = originalOf(origin, verdicts);
	const isOther = ["SUSPECT", "ESTIMATED", "EDITED", "SUBSTITUTED"].includes(origin.value.quality) || origin.value.source === "MANUAL" ||
		verdicts.some((v) => v.state !== "gone");
	if (!isOther) {
		return null;
	}
	const decimals = decimalsOver(origin.quantity, origin.unit.symbol, [origin.value.value, original]);
	const unit = unitName(origin.unit, lang);
	const building = verdicts[0]?.path.find((p) => p.kind === "building");
	return (
		<>
			<table class="origin-pair">
				<thead><tr><th scope="col">{t.checks.original}</th><th scope="col">{t.checks.acceptedValue}</th></tr></thead>
				<tbody>
					<tr>
						<td>{formatNumber(original, decimals, lang)}{original === null ? null : <span class="unit">{unit}</span>}</td>
						<td>
							{origin.value.quality === "SUSPECT"
								? <span class="doubtful">{t.checks.outOfSum}</span>
								: <>{formatNumber(origin.value.value, decimals, lang)}{origin.value.value === null ? null : <span class="unit">{unit}</span>}</>}
							<div class="small"><QualityMark quality={origin.value.quality} /></div>
						</td>
					</tr>
				</tbody>
			</table>
			{verdicts.length > 0 ? (
				<>
					<h3>{t.checks.doubts}</h3>
					<ul class="origin-history">
						{verdicts.map((v) => (
							<li key={v.id}>
								<span>{doubtText(v, t, lang)}</span>
								<span class="muted small">
									{v.rule_text[lang]} · {t.checks.states[v.state]}
									{v.decided_utc === null ? "" : ` · ${v.decided_by}, ${formatTime(v.decided_utc, zone, lang)}`}
									{v.document ? ` · ${v.document}` : ""}{v.comment ? ` · ${v.comment}` : ""}
								</span>
								{building && (v.state === "open" || v.is_waiting) && v.may_decide
									? <a class="small" href={`/buildings/${building.id}/checks?at=${v.id}`}>{t.checks.toQueue}</a>
									: null}
							</li>
						))}
					</ul>
				</>
			) : null}
		</>
	);
}
