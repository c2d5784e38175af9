/*
 * suspects.tsx - meters that may make the balance wrong, each with the reasons in words
 */
import type { Suspects } from "~/api/types";
import { formatNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { State } from "~/parts/state";

const SHOWN = 12;

export function SuspectSheet({ data }: { data: Suspects }) {
	const t = useText();
	const lang = useLang();
	const unit = unitName(data.unit, lang);
	const strong = (score: number): boolean => score >= 6;
	return (
		<section class="sheet" aria-label={t.balance.suspects}>
			<header><h2>{t.balance.suspects}</h2><span class="small muted">{t.balance.suspectsOver(data.days)}</span></header>
			{data.nodes.map((n) => (
				<p key={n.place.id} class="balance-note small">
					<strong>{n.place.name}</strong>: {t.balance.located[n.state]}
					{n.leak_day !== null && n.leak_day > 0 ? ` ${t.balance.leakDay(`${formatNumber(n.leak_day, 2, lang)} ${unit}`)}` : ""}
					<span class="muted"> {t.balance.usedDays(n.days)}</span>
				</p>
			))}
			{data.suspects.length === 0 ? <p class="balance-note">{t.balance.noSuspects}</p> : (
				<ol class="suspects">
					{data.suspects.slice(0, SHOWN).map((s) => (
						<li key={s.channel}>
							<div class="suspect-head">
								<a class="plain-link" href={`/channels/${s.channel}`}>{s.place.name}</a>
								<State tone={strong(s.score) ? "bad" : "warning"} icon={strong(s.score) ? "failed" : "warning"} text={strong(s.score) ? t.balance.strong : t.balance.weak} />
								{s.factor !== null ? <span class="small muted">{t.balance.factor(formatNumber(s.factor, s.factor < 10 ? 3 : 1, lang))}</span> : null}
								{s.mean_day !== null ? <span class="small muted">{t.balance.meanDay(`${formatNumber(s.mean_day, 3, lang)} ${unit}`)}</span> : null}
							</div>
							<ul>{s.evidence.map((e) => <li key={e.code}>{e.text[lang]}</li>)}</ul>
						</li>
					))}
				</ol>
			)}
			{data.hidden > 0 ? <p class="balance-note small muted">{t.balance.hiddenSuspects(data.hidden)}</p> : null}
		</section>
	);
}
