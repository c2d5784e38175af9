/*
 * house.tsx - the flats of a building by service, and what the building got and shared out
 */
import type { Apportionment, ChargeService, ChargeTotal } from "~/api/types";
import { withQuery } from "~/app/route";
import { formatNumber, plainNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { Icon, type IconName } from "~/parts/icon";
import { Completeness } from "~/parts/value";

const LOOKS: Record<ChargeService, { icon: IconName; colour: string }> = {
	heat: { icon: "heat", colour: "--heat" },
	cold_water: { icon: "drop", colour: "--cold" },
	hot_water: { icon: "hotdrop", colour: "--hot" },
	hot_water_heat: { icon: "hotdrop", colour: "--hot" },
	sewer: { icon: "down", colour: "--other" },
	electricity: { icon: "bolt", colour: "--power" },
};

export const serviceLook = (s: ChargeService): { icon: IconName; colour: string } => LOOKS[s];

export const serviceDecimals = (s: ChargeService): number => (s === "electricity" ? 1 : s === "heat" || s === "hot_water_heat" ? 4 : 3);

/* What a charge stands on, where it is not a meter read in full. */
export function Basis({ basis, completeness }: { basis: Apportionment["flats"][0]["services"][0]["basis"]; completeness: number }) {
	const t = useText();
	if (basis === "meter" || basis === "water") {
		return completeness < 1 ? <Completeness share={completeness} /> : null;
	}
	const isDoubt = basis === "unknown" || basis === "average" || basis === "norm_unread";
	return (
		<span class={`charges-basis small ${isDoubt ? "doubtful" : "muted"}`} title={t.charges.basisLong[basis]}>
			{isDoubt ? <Icon name="warning" /> : null}{t.charges.basis[basis]}
		</span>
	);
}

export function FlatsSheet({ data, flat }: { data: Apportionment; flat: number }) {
	const t = useText();
	const lang = useLang();
	const services = data.services;
	const asRows = (): string[][] => [
		[t.charges.flat, ...services.map((s) => s.text[lang]), t.charges.total],
		...data.flats.map((f) => [f.place.name,
			...services.map((s) => plainNumber(f.services.find((x) => x.service === s.service)?.charge ?? null, 2, lang)),
			plainNumber(f.total, 2, lang)]),
	];
	return (
		<section class="sheet" id="flats">
			<header><h2>{t.charges.flats}</h2><CopyTable name={`charges-${data.month}`} rows={asRows} /></header>
			{data.hidden_count > 0 ? <p class="part muted small">{t.charges.hidden(data.hidden_count)}</p> : null}
			<div class="scroll">
				<table class="sticky-first charges-flats">
					<thead>
						<tr>
							<th scope="col">{t.charges.flat}</th>
							{services.map((s) => (
								<th scope="col" class="number" key={s.service}>
									<span style={{ color: `var(${LOOKS[s.service].colour})` }}><Icon name={LOOKS[s.service].icon} /></span>{" "}
									{s.text[lang]}
								</th>
							))}
							<th scope="col" class="number">{t.charges.total}</th>
						</tr>
					</thead>
					<tbody>
						{data.flats.map((f) => (
							<tr key={f.place.id} class={f.place.id === flat ? "is-current" : ""}>
								<th scope="row">
									<a href={withQuery({ flat: String(f.place.id), month: data.month })} aria-current={f.place.id === flat ? "true" : undefined}>{f.place.name}</a>
								</th>
								{services.map((s) => {
									const x = f.services.find((y) => y.service === s.service);
									return (
										<td class="number" key={s.service} title={x ? `${formatNumber(x.volume, serviceDecimals(s.service), lang)} ${unitName(s.unit, lang)}` : ""}>
											{x ? formatNumber(x.charge, 2, lang) : <span class="muted">·</span>}
											{x ? <div><Basis basis={x.basis} completeness={x.completeness} /></div> : null}
										</td>
									);
								})}
								<td class="number">
									<strong>{formatNumber(f.total, 2, lang)}</strong>
									{f.total === null ? <div class="small doubtful"><Icon name="warning" />{t.charges.atLeast(formatNumber(f.known, 2, lang))}</div> : null}
								</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

function Formula({ total }: { total: ChargeTotal }) {
	const t = useText();
	if (total.service === "heat") {
		return <>{total.formula ? t.charges.formula(total.formula) : "—"}</>;
	}
	return total.service === "sewer" ? <span class="muted">·</span> : <>{t.charges.common_needs[total.common_needs]}</>;
}

export function ServicesSheet({ data }: { data: Apportionment }) {
	const t = useText();
	const lang = useLang();
	return (
		<section class="sheet">
			<header><h2>{t.charges.house}</h2></header>
			<div class="scroll">
				<table class="sticky-first">
					<thead>
						<tr>
							<th scope="col">{t.charges.service}</th>
							<th scope="col" class="number">{t.charges.supplied}</th>
							<th scope="col" class="number">{t.charges.individual}</th>
							<th scope="col" class="number">{t.charges.rest}</th>
							<th scope="col" class="number">{t.charges.common}</th>
							<th scope="col">{t.charges.way}</th>
							<th scope="col" class="number">{t.charges.charged}</th>
							<th scope="col" class="number">{t.charges.rounding}</th>
						</tr>
					</thead>
					<tbody>
						{data.services.map((s) => {
							const n = (v: number | null): string => formatNumber(v, serviceDecimals(s.service), lang);
							return (
								<tr key={s.service}>
									<th scope="row">{s.text[lang]}<span class="unit">{unitName(s.unit, lang)}</span></th>
									<td class="number">{s.has_common_meter ? n(s.supplied) : <span class="muted small">{t.charges.noMeter}</span>}
										{s.has_common_meter && s.completeness !== null && s.completeness < 1 ? <div><Completeness share={s.completeness} /></div> : null}</td>
									<td class="number">{n(s.individual)}</td>
									<td class="number">{s.rest !== null && s.rest < 0
										? <span class="doubtful"><Icon name="warning" />{n(s.rest)}</span> : n(s.rest)}</td>
									<td class="number">{n(s.common)}</td>
									<td><Formula total={s} /></td>
									<td class="number">{formatNumber(s.charge, 2, lang)}
										{s.charge === null && s.is_told ? <div class="small doubtful"><Icon name="warning" />{t.charges.knownOf(s.lines_known, s.lines)}</div> : null}</td>
									<td class="number">{formatNumber(s.rounding, 2, lang)}</td>
								</tr>
							);
						})}
					</tbody>
				</table>
			</div>
		</section>
	);
}
