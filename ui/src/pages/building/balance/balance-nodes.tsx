/*
 * balance-nodes.tsx - every node with its terms and verdict; flats that are missing from the sums
 */
import type { Balance, BalanceItem, BalanceSum } from "~/api/types";
import { formatNumber, formatShare, plainNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { State } from "~/parts/state";
import { Completeness, TrustMark } from "~/parts/value";
import { amount, digitsOf, percent, VERDICTS } from "./words";

function Sum({ sum, digits }: { sum: BalanceSum; digits: number }) {
	const lang = useLang();
	if (sum.expected === 0) {
		return <span class="muted">—<span class="trust" /></span>;
	}
	return <>{formatNumber(sum.value, digits, lang)}<TrustMark total={sum} /></>;
}

export function BalanceNodes({ data }: { data: Balance }) {
	const t = useText();
	const lang = useLang();
	const digits = digitsOf(data);
	const unit = unitName(data.unit, lang);
	const has = (part: "common" | "norm"): boolean => data.nodes.some((n) => n.total[part].expected > 0);
	const head = (text: string, hint?: string) => <th scope="col" class="number" title={hint}>{text}<span class="unit">{unit}</span></th>;
	const asRows = (): string[][] => [
		[t.balance.node, t.balance.input, t.balance.flats, t.balance.common, t.balance.norm, t.balance.imbalance, "%", t.balance.limit, t.balance.normalName, t.balance.completeness, t.balance.state],
		...data.nodes.map((n) => [
			n.place.name,
			...[n.total.input.value, n.total.flats.value, n.total.common.value, n.total.norm.value, n.total.imbalance].map((v) => plainNumber(v, 3, lang)),
			plainNumber(n.total.percent, 2, lang), plainNumber(n.total.limit, 3, lang), plainNumber(n.total.expected, 3, lang),
			formatShare(n.total.completeness, lang), t.balance.verdict[n.total.verdict],
		]),
	];
	return (
		<section class="sheet" aria-label={t.balance.nodes}>
			<header>
				<h2>{t.balance.nodes}</h2>
				<CopyTable name={`balance-nodes-${data.place.id}`} rows={asRows} />
			</header>
			<div class="scroll">
				<table class="sticky-first balance-nodes">
					<thead>
						<tr>
							<th scope="col">{t.balance.node}</th>
							<th scope="col">{t.balance.state}</th>
							{head(t.balance.input)}
							{head(t.balance.flats)}
							{has("common") ? head(t.balance.common) : null}
							{has("norm") ? head(t.balance.norm, t.balance.normHint) : null}
							{head(t.balance.imbalance)}
							<th scope="col" class="number">%</th>
							{head(t.balance.limit, t.balance.limitHint)}
							<th scope="col">{t.balance.completeness}</th>
						</tr>
					</thead>
					<tbody>
						{data.nodes.map((n) => {
							const look = VERDICTS[n.total.verdict];
							return (
								<tr key={n.place.id}>
									<th scope="row" class={n.parent === null ? "" : "balance-below"}>{n.place.name}</th>
									<td>
										{n.has_input || n.parent === null
											? <State tone={look.tone} icon={look.icon} text={t.balance.verdict[n.total.verdict]} isPlain={look.tone === "idle" || look.tone === "ok"} />
											: <span class="muted small">{t.balance.group}</span>}
									</td>
									<td class="number"><Sum sum={n.total.input} digits={digits} /></td>
									<td class="number"><Sum sum={n.total.flats} digits={digits} /></td>
									{has("common") ? <td class="number"><Sum sum={n.total.common} digits={digits} /></td> : null}
									{has("norm") ? <td class="number"><Sum sum={n.total.norm} digits={digits} /></td> : null}
									<td class="number">{formatNumber(n.total.imbalance, digits, lang)}</td>
									<td class="number">{formatNumber(n.total.percent, 1, lang)}</td>
									<td class="number">{n.has_input ? `±${formatNumber(n.total.limit, digits, lang)}` : "—"}</td>
									<td><Completeness share={n.total.completeness} /></td>
								</tr>
							);
						})}
					</tbody>
				</table>
			</div>
			<p class="balance-note small muted">{t.balance.nodesNote}</p>
		</section>
	);
}

function reason(t: ReturnType<typeof useText>, data: Balance, i: BalanceItem, lang: "ru" | "en"): string {
	if (i.channel === null) {
		return i.norm === null ? t.balance.noMeter : t.balance.byNorm(amount(data, i.norm, lang));
	}
	return i.value === null ? t.balance.noData : t.balance.partly(percent(i.completeness === null ? null : Math.floor(i.completeness * 100), lang, 0));
}

/* Flats without data are listed, never taken for zero. */
export function BalanceMissing({ data }: { data: Balance }) {
	const t = useText();
	const lang = useLang();
	const missing = data.items.filter((i) => i.role !== "below" && (i.channel === null || i.value === null || (i.completeness ?? 1) < 1));
	if (missing.length === 0 && data.hidden === 0) {
		return null;
	}
	return (
		<section class="sheet" aria-label={t.balance.missingTitle}>
			<header><h2>{t.balance.missingTitle}</h2></header>
			{missing.length > 0 ? (
				<ul class="balance-missing">
					{missing.map((i) => (
						<li key={`${i.place.id}-${i.channel}-${i.quantity}`}>
							<a href={i.channel === null ? `/setup/places/${i.place.id}` : `/channels/${i.channel}`}>{i.place.name}</a>
							<span class="muted small">
								{i.is_subtracted ? `${t.balance.hotPart} · ` : ""}{reason(t, data, i, lang)}{i.suspect > 0 ? ` · ${t.balance.suspect(i.suspect)}` : ""}
							</span>
						</li>
					))}
				</ul>
			) : null}
			{data.hidden > 0 ? <p class="balance-note small muted">{t.balance.hidden(data.hidden)}</p> : null}
		</section>
	);
}
