/*
 * balance-head.tsx - the month in one sentence and five numbers
 */
import type { Balance, BalanceCell } from "~/api/types";
import { formatShare } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { State } from "~/parts/state";
import { Completeness } from "~/parts/value";
import { amount, money, percent, VERDICTS } from "./words";

function Fact(props: { name: string; value: string; hint?: string; note?: string }) {
	return (
		<div title={props.hint}>
			<dt>{props.name}</dt>
			<dd>{props.value}{props.note ? <span class="small muted">{props.note}</span> : null}</dd>
		</div>
	);
}

/* Without an input there is nothing to compare with, but what the flats used is known. */
function sentence(t: ReturnType<typeof useText>, data: Balance, c: BalanceCell, lang: "ru" | "en"): string {
	const left = c.imbalance === null ? "" : amount(data, Math.abs(c.imbalance), lang);
	switch (c.verdict) {
	case "ok": return t.balance.say.ok(left, amount(data, c.limit, lang));
	case "loss": return t.balance.say.loss(left, amount(data, c.limit + Math.max(0, c.expected ?? 0), lang));
	case "excess": return t.balance.say.excess(left);
	case "unclear": return t.balance.say.unclear(left, c.missing === null ? "" : amount(data, c.missing, lang), amount(data, c.skew, lang));
	case "no_input": return t.balance.say.noInput;
	default: return t.balance.say.nothing;
	}
}

export function BalanceHead({ data }: { data: Balance }) {
	const t = useText();
	const lang = useLang();
	const house = data.nodes[0];
	if (!house) {
		return null;
	}
	const c = house.total;
	const look = VERDICTS[c.verdict];
	const cost = data.tariff !== null && c.imbalance !== null && c.imbalance > 0 ? money(c.imbalance * data.tariff, lang) : null;
	return (
		<section class={`sheet balance-head is-${look.tone}`} aria-label={t.balance.month}>
			<div class="balance-verdict">
				<State tone={look.tone} icon={look.icon} text={t.balance.verdict[c.verdict]} />
				<p>{sentence(t, data, c, lang)}</p>
				{house.is_alarm ? <p class="balance-alarm">{t.balance.streak(house.streak)}</p> : null}
			</div>
			<dl class="balance-facts">
				<Fact name={t.balance.input} value={amount(data, c.input.value, lang)} />
				<Fact name={t.balance.flats} value={amount(data, c.flats.value, lang)} note={t.balance.flatCount(house.flats)} />
				{c.common.expected > 0 ? <Fact name={t.balance.common} value={amount(data, c.common.value, lang)} /> : null}
				{c.norm.expected > 0 ? <Fact name={t.balance.norm} value={amount(data, c.norm.value, lang)} hint={t.balance.normHint} /> : null}
				<Fact
					name={t.balance.imbalance}
					value={amount(data, c.imbalance, lang)}
					note={[percent(c.percent, lang), cost ? t.balance.cost(cost) : ""].filter((x) => x !== "" && c.imbalance !== null).join(" · ")}
				/>
				{house.has_input ? <Fact name={t.balance.limit} value={`±${amount(data, c.limit, lang)}`} hint={t.balance.limitHint} note={c.expected === null ? t.balance.noNormal : t.balance.normal(amount(data, c.expected, lang))} /> : null}
				<div>
					<dt>{t.balance.completeness}</dt>
					<dd><Completeness share={c.completeness} /></dd>
				</div>
				<Fact
					name={t.balance.sync}
					hint={t.balance.syncHint}
					value={c.loose_share === null ? "—" : c.loose_share > 0 ? t.balance.loose(formatShare(c.loose_share, lang)) : t.balance.together}
					note={c.skew > 0 ? t.balance.skew(amount(data, c.skew, lang)) : undefined}
				/>
			</dl>
		</section>
	);
}
