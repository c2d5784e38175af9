/*
 * heat.tsx - the supply inputs of a building: what the meter says beside what the scheme gives, what each
 * minute was, the statement checked against itself, and what could stand for what was not measured
 */
import { calendarOf } from "~/api/archive";
import { nodeNow } from "~/api/clock";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { HeatAmount, HeatInput, PlaceHeat } from "~/api/types";
import { navigate, withQuery } from "~/app/route";
import { namedRange, rangeDays, rangeSpan, readRange, reportMonthOf, type Calendar, type DateRange } from "~/format/calendar";
import { formatNumber, formatShare } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import type { SectionProps } from "~/pages/building/sections";
import { Icon } from "~/parts/icon";
import { Busy, Empty, Notice, ProblemNotice } from "~/parts/notice";
import { RangeBar } from "~/parts/range-bar";
import { Segmented } from "~/parts/segmented";
import { State } from "~/parts/state";
import { Check } from "./check";
import { percent, signedPercent } from "./numbers";
import { Proposals } from "./proposals";
import { Rows } from "./rows";
import { Time } from "./time";
import "./heat.css";

const STEPS = ["hour", "day", "month"] as const;
type Step = typeof STEPS[number];

/* A range the step can show: hours of a month and no more, months of a year. */
function rangeFor(step: Step, range: DateRange, cal: Calendar): DateRange {
	const days = rangeDays(range);
	if (step === "hour" && days > 31) {
		return reportMonthOf(cal, range.till);
	}
	if (step === "month" && days < 60) {
		return { from: { ...range.from, year: range.from.year - 1 }, till: range.till };
	}
	return step === "day" && days > 400 ? reportMonthOf(cal, range.till) : range;
}

function Amount({ name, amount, data }: { name: string; amount: HeatAmount; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	const isWhole = amount.completeness === null || amount.completeness >= 1;
	return (
		<div>
			<dt>{name}</dt>
			<dd>
				<strong>{formatNumber(amount.value, 3, lang)}</strong>
				<span class="unit">{unitName(data.units.energy, lang)}</span>
				{isWhole || amount.value === null ? null : <span class="small heat-part">{t.heat.incomplete(formatShare(amount.completeness, lang))}</span>}
			</dd>
		</div>
	);
}

function Difference({ input }: { input: HeatInput }) {
	const t = useText();
	const lang = useLang();
	const off = input.sum.difference_percent;
	return (
		<div title={t.heat.differenceHint}>
			<dt>{t.heat.difference}</dt>
			<dd>
				{off === null ? <span class="muted">{t.heat.notComparable}</span> : (
					<>
						<strong>{signedPercent(off, lang)}</strong>
						{input.sum.is_off
							? <State tone="warning" icon="warning" text={t.heat.isOff} />
							: <State tone="ok" icon="ok" text={t.heat.agrees} />}
					</>
				)}
			</dd>
		</div>
	);
}

/* What a person wants to know first. */
function Figures({ input, data }: { input: HeatInput; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	const { sum, abnormal } = input;
	const mass = unitName(data.units.mass, lang);
	return (
		<dl class="heat-figures">
			<Amount name={t.heat.meter} amount={sum.meter} data={data} />
			{input.scheme ? <Amount name={t.heat.own} amount={sum.own} data={data} /> : null}
			{input.scheme && input.heat !== null ? <Difference input={input} /> : null}
			<div>
				<dt>{t.heat.run}</dt>
				<dd><strong>{percent(abnormal.period_s > 0 ? abnormal.run_s / abnormal.period_s : null, lang)}</strong></dd>
			</div>
			{sum.leak_heat !== null ? (
				<div title={t.heat.leakHint}>
					<dt>{t.heat.leak}</dt>
					<dd>
						<strong>{formatNumber(sum.leak_heat, 3, lang)}</strong><span class="unit">{unitName(data.units.energy, lang)}</span>
						<span class="small muted">{formatNumber(sum.leak_mass, 2, lang)} {mass}</span>
					</dd>
				</div>
			) : null}
			{input.scheme && !input.scheme.is_closed && sum.drawn !== null ? (
				<div><dt>{t.heat.drawn}</dt><dd><strong>{formatNumber(sum.drawn, 2, lang)}</strong><span class="unit">{mass}</span></dd></div>
			) : null}
			{sum.correction !== null ? (
				<div title={t.heat.correctionHint}>
					<dt>{t.heat.correction}</dt>
					<dd><strong>{formatNumber(sum.correction, 3, lang)}</strong><span class="unit">{unitName(data.units.energy, lang)}</span></dd>
				</div>
			) : null}
			{sum.outdoor !== null ? (
				<div><dt>{t.heat.outdoor}</dt><dd><strong>{formatNumber(sum.outdoor, 1, lang)}</strong><span class="unit">{unitName(data.units.temperature, lang)}</span></dd></div>
			) : null}
		</dl>
	);
}

function Doubts({ input }: { input: HeatInput }) {
	const t = useText();
	const words = [
		...input.sum.warnings.filter((w) => w !== "cold_contract" || !input.scheme?.is_closed).map((w) => t.heat.warnings[w]),
		...input.sum.faults.map((f) => t.heat.faultHours(t.heat.faults[f.fault], f.count)),
	];
	return words.length > 0 ? <p class="small muted heat-doubts">{words.join(" · ")}</p> : null;
}

function Scheme({ input }: { input: HeatInput }) {
	const t = useText();
	const lang = useLang();
	const rights = useRights();
	const setup = rights.setup_places ? <a class="button" href="/setup/parameters">{t.heat.setScheme}</a> : null;
	if (!input.scheme) {
		return <div class="heat-note"><Notice tone="info" title={t.heat.schemeNone} actions={setup} /></div>;
	}
	return (
		<>
			<p class="heat-scheme">
				<span class="muted">{t.heat.scheme} {input.scheme.code}, {input.scheme.text[lang]}</span>
				<span class="heat-formula">{input.scheme.formula[lang]}</span>
			</p>
			{input.is_scheme_told ? null : (
				<div class="heat-note"><Notice tone="info" title={t.heat.schemeGuessed} actions={setup}>{t.heat.schemeGuessedText}</Notice></div>
			)}
		</>
	);
}

function Input({ input, data, reload }: { input: HeatInput; data: PlaceHeat; reload: () => void }) {
	const t = useText();
	return (
		<>
			<section class="sheet" aria-label={input.name}>
				<header>
					<h2><Icon name={input.is_hot_water ? "hotdrop" : "heat"} /> {input.name}, {input.is_hot_water ? t.heat.hotWater : t.heat.heating}</h2>
				</header>
				<Figures input={input} data={data} />
				<Scheme input={input} />
				<Doubts input={input} />
			</section>
			<Time input={input} data={data} />
			<Check input={input} data={data} />
			<Proposals input={input} data={data} reload={reload} />
			<Rows input={input} data={data} />
		</>
	);
}

export function HeatPage({ id, route }: SectionProps) {
	const t = useText();
	const buildings = useGet("/buildings", {}, 300);
	const building = buildings.data?.items.find((b) => b.id === id);
	const calendar = building ? calendarOf(building.calendar) : null;
	const step = STEPS.find((s) => s === route.query.get("step")) ?? "day";
	const asked = readRange(route.query);
	const range = calendar ? rangeFor(step, asked ?? namedRange(calendar, "this_month", nodeNow()), calendar) : null;
	const cause = route.query.get("cause");
	const heat = useGet("/places/{id}/heat", calendar && range
		? { id, period: step, ...rangeSpan(calendar, range), ...(cause ? { cause } : {}) }
		: null, 600);
	const problem = (buildings.data ? null : buildings.problem) ?? (heat.data ? null : heat.problem);
	if (problem) {
		return <ProblemNotice problem={problem} retry={() => { buildings.reload(); heat.reload(); }} />;
	}
	if (!calendar || !range) {
		return <Busy />;
	}
	return (
		<>
			<div class="heat-choice">
				<Segmented
					label={t.heat.step}
					options={STEPS.map((value) => ({ value, text: t.heat.steps[value] }))}
					value={step}
					onChange={(value) => navigate(withQuery({ step: value === "day" ? null : value }), "replace")}
				/>
				<RangeBar calendar={calendar} range={range} />
			</div>
			{heat.problem && heat.data ? <ProblemNotice problem={heat.problem} retry={heat.reload} /> : null}
			{!heat.data ? <Busy /> : heat.data.inputs.length === 0 ? (
				<section class="sheet"><Empty title={t.heat.nothing}>{t.heat.nothingText}</Empty></section>
			) : heat.data.inputs.map((input) => (
				<Input key={`${input.place}${input.is_hot_water}`} input={input} data={heat.data!} reload={heat.reload} />
			))}
		</>
	);
}
