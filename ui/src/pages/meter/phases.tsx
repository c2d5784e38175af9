/*
 * phases.tsx - what an electricity meter says now of its phases, side by side: volts, amperes, power
 *
 * Values at the terminals of the meter, as all that it says; only where there are two phases or more.
 */
import { quantityOf, unitText } from "~/api/reference";
import { useGet } from "~/api/use-get";
import type { Last, Register } from "~/api/types";
import { formatNumber } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { quantityName } from "~/parts/quantity";

const PHASES = ["l1", "l2", "l3"] as const;
const ORDER = ["voltage", "current", "active_power", "reactive_power", "apparent_power", "power_factor", "phase_angle"];

export function Phases({ meter, last }: { meter: number; last: Last[] }) {
	const t = useText();
	const lang = useLang();
	const registers = useGet("/registers", { meter });
	const byKey = new Map((registers.data?.items ?? []).map((r) => [r.key, r]));
	const values = new Map(last.map((l) => [l.register, l.value]));
	const rows = ORDER.filter((q) => PHASES.filter((p) => byKey.has(`${q}.${p}`)).length >= 2);
	if (rows.length === 0) {
		return null;
	}
	const cell = (r: Register | undefined) => {
		if (!r) {
			return null;
		}
		const decimals = r.decimals >= 0 ? r.decimals : quantityOf(r.quantity)?.decimals ?? 2;
		return <span data-live={`r${r.id}`}>{formatNumber(values.get(r.id) ?? null, decimals, lang)}</span>;
	};
	return (
		<section class="sheet" aria-label={t.meter.phases}>
			<header><h2>{t.meter.phases}</h2></header>
			<div class="scroll">
				<table class="phase-table">
					<thead>
						<tr>
							<th scope="col">{t.meter.quantity}</th>
							{PHASES.map((p) => <th key={p} scope="col" class="number">{p.toUpperCase()}</th>)}
							<th scope="col" class="number">{t.meter.allPhases}</th>
						</tr>
					</thead>
					<tbody>
						{rows.map((q) => {
							const quantity = quantityOf(q);
							const unit = PHASES.map((p) => byKey.get(`${q}.${p}`)?.unit).find((u) => u !== undefined) ?? "";
							return (
								<tr key={q}>
									<th scope="row">{quantity ? quantityName(quantity, lang) : q}{unit === "ratio" ? null : <span class="unit">{unitText(unit, lang)}</span>}</th>
									{PHASES.map((p) => <td key={p} class="number">{cell(byKey.get(`${q}.${p}`))}</td>)}
									<td class="number">{cell(byKey.get(q))}</td>
								</tr>
							);
						})}
					</tbody>
				</table>
			</div>
		</section>
	);
}
