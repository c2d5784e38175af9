/*
 * proposals.tsx - what could stand for heat that was not measured: the rule in words, the numbers on the way, days
 */
import { useState } from "preact/hooks";
import { put } from "~/api/client";
import { useRights } from "~/api/session";
import type { HeatInput, HeatProposal, PlaceHeat } from "~/api/types";
import { navigate, withQuery } from "~/app/route";
import { formatExact, formatNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { periodText } from "~/pages/channel/period-text";
import { CopyTable } from "~/parts/copy-table";
import { Notice, ProblemNotice } from "~/parts/notice";
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

/* The days become values of a person, by the number of an act; what they replace stays in the history. */
function Accept({ proposal, channel, reload }: { proposal: HeatProposal; channel: number; reload: () => void }) {
	const t = useText();
	const [act, setAct] = useState("");
	const [isBusy, setBusy] = useState(false);
	const [problem, setProblem] = useState<unknown>(null);
	const [isWaiting, setWaiting] = useState(false);
	const values = proposal.days.flatMap((d) => d.entry === null ? [] : [{ start: d.start, value: d.entry }]);
	const submit = async (event: Event) => {
		event.preventDefault();
		setBusy(true);
		setProblem(null);
		try {
			const done = await put("/channels/{id}/values", { id: channel }, {
				period: "day", reason: "act", document: act.trim(), comment: `substitution ${proposal.rule}`, values,
			});
			setWaiting(done.waiting > 0);
			reload();
		} catch (e) {
			setProblem(e);
		} finally {
			setBusy(false);
		}
	};
	return (
		<form class="heat-accept" onSubmit={(e) => void submit(e)}>
			<label>
				{t.heat.act}
				<input value={act} required maxLength={60} size={16} onInput={(e) => setAct(e.currentTarget.value)} />
			</label>
			<button type="submit" class="button main" disabled={isBusy || act.trim() === "" || values.length === 0}>{t.heat.accept(values.length)}</button>
			{isWaiting ? <Notice tone="info" title={t.heat.waiting} /> : null}
			{problem ? <ProblemNotice problem={problem} /> : null}
		</form>
	);
}

function Proposal({ proposal, input, data, reload }: { proposal: HeatProposal; input: HeatInput; data: PlaceHeat; reload: () => void }) {
	const t = useText();
	const lang = useLang();
	const rights = useRights();
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
			{rights.edit && input.heat !== null && proposal.value !== null
				? <Accept proposal={proposal} channel={input.heat} reload={reload} />
				: null}
		</article>
	);
}

export function Proposals({ input, data, reload }: { input: HeatInput; data: PlaceHeat; reload: () => void }) {
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
			{input.proposals.map((p) => <Proposal key={p.cause} proposal={p} input={input} data={data} reload={reload} />)}
		</section>
	);
}
