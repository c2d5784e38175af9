/*
 * proposals.tsx - what could stand for heat that was not measured: the rule in words, the numbers on the way, days
 */
import type { HeatInput, HeatProposal, PlaceHeat } from "~/api/types";
import { navigate, withQuery } from "~/app/route";
import { formatExact, formatNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { periodText } from "~/pages/channel/period-text";
import { CopyTable } from "~/parts/copy-table";
import { Icon } from "~/parts/icon";
import { Notice } from "~/parts/notice";
import { sentence } from "~/parts/quantity";
import { Segmented } from "~/parts/segmented";

/* What a rule may lack and a parameter gives. */
const SETTABLE: readonly string[] = ["design", "load", "load_hot_water", "break"];
const CAUSES = ["meter", "not_submitted", "no_meter"] as const;

function Steps({ proposal }: { proposal: HeatProposal }) {
	const t = useText();
	const lang = useLang();
	return (
		<table class="heat-steps">
			<caption>{t.heat.steps_of}</caption>
			<tbody>
				{proposal.steps.map((s) => (
					<tr key={s.name} class={s.name === "q" ? "is-sum" : ""}>
						<th scope="row">{sentence(s.text[lang])}</th>
						<td class="number">{formatExact(Number(s.value.toFixed(4)), lang)}<span class="unit">{unitName(s.unit, lang)}</span></td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

function Days({ proposal, data }: { proposal: HeatProposal; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	return (
		<table class="heat-steps">
			<caption>{t.heat.days}</caption>
			<thead>
				<tr>
					<th scope="col">{t.heat.when.day}</th>
					<th scope="col" class="number">{t.heat.hours}</th>
					<th scope="col" class="number">{t.heat.outdoor}<span class="unit">{unitName(data.units.temperature, lang)}</span></th>
					<th scope="col" class="number">{t.heat.value}<span class="unit">{unitName(data.units.energy, lang)}</span></th>
				</tr>
			</thead>
			<tbody>
				{proposal.days.map((d) => (
					<tr key={d.start}>
						<th scope="row">{periodText(d.start, "day", data.calendar.zone, lang)}</th>
						<td class="number">{formatNumber(d.hours, 2, lang)}</td>
						<td class="number">{formatNumber(d.outdoor, 1, lang)}</td>
						<td class="number">{formatNumber(d.value, 4, lang)}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

function Proposal({ proposal, input, data }: { proposal: HeatProposal; input: HeatInput; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	return (
		<article class="heat-proposal">
			<h3>
				{t.heat.rule} {proposal.rule}: {t.heat.causes[proposal.cause]}
				{proposal.value === null ? null : (
					<span class="heat-proposed">{formatNumber(proposal.value, 3, lang)}<span class="unit">{unitName(data.units.energy, lang)}</span></span>
				)}
			</h3>
			<p>{proposal.text[lang]}</p>
			<p class="heat-formula">{proposal.formula[lang]}</p>
			{proposal.lack ? (
				<Notice
					tone="warning"
					title={t.heat.lacks[proposal.lack]}
					actions={SETTABLE.includes(proposal.lack) ? <a class="button" href="/setup/parameters">{t.heat.setScheme}</a> : null}
				/>
			) : null}
			<div class="heat-columns">
				<Steps proposal={proposal} />
				<Days proposal={proposal} data={data} />
			</div>
			{input.heat !== null && proposal.value !== null ? (
				<p>
					<a class="button" href={`/channels/${input.heat}?step=day&from=${isoOf(data, proposal, 0)}&till=${isoOf(data, proposal, proposal.days.length - 1)}`}>
						<Icon name="edit" />{t.heat.enter}
					</a>
				</p>
			) : null}
		</article>
	);
}

const isoOf = (data: PlaceHeat, p: HeatProposal, i: number): string =>
	new Intl.DateTimeFormat("en-CA", { timeZone: data.calendar.zone, year: "numeric", month: "2-digit", day: "2-digit" })
		.format(new Date((p.days[i]?.start ?? 0) * 1000));

export function Proposals({ input, data }: { input: HeatInput; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	if (input.proposals.length === 0) {
		return null;
	}
	const open = input.proposals.find((p) => p.cause !== "abnormal");
	const asRows = (): string[][] => input.proposals.flatMap((p) => [
		[`${t.heat.rule} ${p.rule}`, p.text[lang]],
		...p.steps.map((s) => [s.text[lang], formatExact(s.value, lang), unitName(s.unit, lang)]),
		...p.days.map((d) => [periodText(d.start, "day", data.calendar.zone, lang), formatExact(d.hours, lang), formatExact(d.outdoor, lang), formatExact(d.value, lang)]),
	]);
	return (
		<section class="sheet" aria-label={t.heat.substitution}>
			<header>
				<h2>{t.heat.substitution}</h2>
				{open && open.cause !== "abnormal" && input.heat !== null ? (
					<Segmented
						label={t.heat.cause}
						options={CAUSES.map((value) => ({ value, text: sentence(t.heat.causes[value]) }))}
						value={open.cause}
						onChange={(cause) => navigate(withQuery({ cause: cause === "meter" ? null : cause }), "replace")}
					/>
				) : null}
				<CopyTable name="heat-substitution" rows={asRows} />
			</header>
			<p class="small muted heat-lead">{t.heat.proposalText}</p>
			{input.proposals.map((p) => <Proposal key={p.cause} proposal={p} input={input} data={data} />)}
		</section>
	);
}
