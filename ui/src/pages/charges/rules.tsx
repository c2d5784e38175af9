/*
 * rules.tsx - by which formulas a month was divided, where they come from, and what is wrong with it
 */
import type { Apportionment, ChargeWarning, Figure } from "~/api/types";
import { withQuery } from "~/app/route";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Notice } from "~/parts/notice";

const PLACES_SHOWN = 6;

/* Warnings of one kind and service are one line with its places. */
function grouped(list: readonly ChargeWarning[]): { first: ChargeWarning; all: ChargeWarning[] }[] {
	const groups = new Map<string, ChargeWarning[]>();
	for (const w of list) {
		const key = `${w.fault}/${w.service}`;
		groups.set(key, [...(groups.get(key) ?? []), w]);
	}
	return [...groups.values()].map((all) => ({ first: all[0]!, all }));
}

export function Warnings({ data }: { data: Pick<Apportionment, "warnings"> & { services?: Apportionment["services"]; has_house_correction?: boolean } }) {
	const t = useText();
	const lang = useLang();
	const groups = grouped(data.warnings);
	if (groups.length === 0 && !data.has_house_correction) {
		return null;
	}
	return (
		<Notice tone="warning" title={t.charges.warnings}>
			<ul class="charges-warnings">
				{data.has_house_correction ? <li>{t.charges.houseCorrection}</li> : null}
				{groups.map(({ first, all }) => {
					const places = all.filter((w) => w.place).map((w) => w.place!);
					return (
						<li key={`${first.fault}/${first.service}`}>
							<strong>{t.charges.services[first.service]}:</strong> {first.text[lang]}
							{places.length > 0 ? " — " : ""}
							{places.slice(0, PLACES_SHOWN).map((p, i) => (
								<span key={p.id}>{i > 0 ? ", " : ""}<a href={withQuery({ flat: String(p.id) })}>{p.name}</a></span>
							))}
							{places.length > PLACES_SHOWN ? ` ${t.charges.more(places.length - PLACES_SHOWN)}` : ""}
						</li>
					);
				})}
			</ul>
		</Notice>
	);
}

const dateText = (d: number): string =>
	d === 0 ? "—" : `${String(d % 100).padStart(2, "0")}.${String(Math.floor(d / 100) % 100).padStart(2, "0")}.${Math.floor(d / 10000)}`;

export function Rules({ rules }: { rules: readonly Figure[] }) {
	const t = useText();
	const lang = useLang();
	const open = rules.filter((r) => !r.is_confirmed).length;
	return (
		<details class="sheet charges-rules">
			<summary>
				<h2>{t.charges.rules}</h2>
				{open > 0 ? <span class="doubtful"><Icon name="warning" /> {t.charges.unconfirmedOf(open, rules.length)}</span> : null}
			</summary>
			<p class="part muted small">{t.charges.rulesText}</p>
			<div class="scroll">
				<table>
					<thead><tr><th>{t.charges.rule}</th><th>{t.charges.text}</th><th>{t.charges.since}</th><th>{t.charges.source}</th></tr></thead>
					<tbody>
						{rules.map((r) => (
							<tr key={r.code}>
								<th scope="row">{r.text[lang]}<div class="mono muted">{r.code}</div></th>
								<td class="mono">{r.table}</td>
								<td>{lang === "ru" ? dateText(r.from_date) : dateText(r.from_date).split(".").reverse().join("-")}</td>
								<td class="small">
									{r.is_confirmed ? <span><Icon name="ok" /> {t.charges.confirmed}</span> : <span class="doubtful"><Icon name="warning" /> {t.charges.unconfirmed}</span>}
									<div class="muted">{r.source[lang]}</div>
								</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</details>
	);
}
