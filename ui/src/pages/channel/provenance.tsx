/*
 * provenance.tsx - where a value came from: formula, readings, meter, frame bytes, what it was before
 */
import { useEffect, useRef } from "preact/hooks";
import { nodeNow } from "~/api/clock";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import { CLASSES } from "~/api/archive";
import type { Period, Provenance as Origin } from "~/api/types";
import { formatExact, formatNumber } from "~/format/number";
import { formatSeconds, formatTime } from "~/format/time";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Busy, ProblemNotice } from "~/parts/notice";
import { decimalsOver } from "~/parts/quantity";
import { QualityMark } from "~/parts/quality-mark";
import { Doubts } from "./doubts";
import { EditValue } from "./edit-value";
import { periodText } from "./period-text";

type Input = Origin["inputs"][number];

/* The computation with its numbers filled in, where it is one difference or one amount. */
function formula(input: Input, origin: Origin, lang: "ru" | "en"): string | null {
	const { values, form, binding } = input;
	if (["MANUAL", "IMPORT", "ESTIMATE"].includes(origin.value.source)) {
		return null; /* the value is not what the readings give */
	}
	const unit = unitName(origin.unit, lang);
	const own = unitName(binding.register_unit, lang);
	const by = binding.multiplier === 1 ? "" : ` × ${formatExact(binding.multiplier, lang)}`;
	const first = values[0];
	const last = values[values.length - 1];
	if (!first || !last || first.value === null || last.value === null || origin.value.value === null) {
		return null;
	}
	const same = binding.register_unit.symbol === origin.unit.symbol;
	/* the meter counts in another unit: say what came out in its own first */
	const between = (n: number): string => same ? "" : ` = ${formatExact(Number((n * binding.multiplier).toPrecision(9)), lang)} ${own}`;
	const result = `${formatNumber(origin.value.value, decimalsOver(origin.quantity, origin.unit.symbol, [origin.value.value]), lang)} ${unit}`;
	if (form === "point" && values.length >= 2) {
		return `(${formatExact(last.value, lang)} − ${formatExact(first.value, lang)}) ${own}${by}${between(last.value - first.value)} = ${result}`;
	}
	if (form === "amount" && values.length === 1) {
		return `${formatExact(first.value, lang)} ${own}${by}${binding.multiplier === 1 ? "" : between(first.value)} = ${result}`;
	}
	return null;
}

function InputPart({ input, origin, zone }: { input: Input; origin: Origin; zone: string }) {
	const t = useText();
	const lang = useLang();
	const computed = origin.inputs.length === 1 ? formula(input, origin, lang) : null;
	const { binding } = input;
	/* of a month hour by hour only the borders say something */
	const shown = input.values.length > 4 ? [input.values[0]!, input.values[input.values.length - 1]!] : input.values;
	return (
		<div class="origin-input">
			{computed ? <p class="origin-formula mono">{computed}</p> : null}
			<p>
				<a href={`/meters/${input.meter.id}`}>{input.meter.name}</a>
				{input.meter.serial ? <span class="muted"> № {input.meter.serial}</span> : null}
				<span class="muted small"> · {lang === "ru" ? input.driver.title_ru : input.driver.title} · <span class="mono">{binding.key}</span></span>
			</p>
			<p class="muted small">
				{t.channel.bound} {binding.from_utc === null ? t.channel.sinceEver : t.since(formatTime(binding.from_utc, zone, lang))}
				{binding.till_utc === null ? "" : ` ${t.till(formatTime(binding.till_utc, zone, lang))}`}
				{binding.multiplier === 1 ? "" : `, × ${formatExact(binding.multiplier, lang)}`}
			</p>
			{shown.length > 0 ? (
				<table class="origin-values">
					<tbody>
						{shown.map((v) => (
							<tr key={`${v.period}${v.start}`}>
								<td>{input.form === "point" ? formatTime(v.start, zone, lang) : periodText(v.start, v.period, zone, lang)}</td>
								<td class="number">{formatExact(v.value, lang)}<span class="unit">{unitName(binding.register_unit, lang)}</span></td>
								<td><QualityMark quality={v.quality} /><div class="small muted">{t.source[v.source]}</div></td>
							</tr>
						))}
					</tbody>
				</table>
			) : <p class="muted">{t.channel.noReadings}</p>}
		</div>
	);
}

/* A computed value: the formula, the same with its numbers, and where each number is from. */
function FormulaPart({ formula: f, zone }: { formula: NonNullable<Origin["formula"]>; zone: string }) {
	const t = useText();
	const lang = useLang();
	return (
		<>
			<h3>{t.channel.formula}</h3>
			<p class="origin-formula mono"><a href={`/setup/formulas/${f.id}`}>{f.text}</a></p>
			{f.broken ? <p class="doubtful">{f.broken}</p> : null}
			{f.fault ? <p class="doubtful">{f.fault[lang]}</p> : null}
			{f.explanation[lang] ? <p class="origin-formula mono">{f.explanation[lang]}</p> : null}
			<table class="origin-values">
				<tbody>
					{f.inputs.map((i) => (
						<tr key={`${i.channel}${i.period}${i.start}`}>
							<td><a href={`/channels/${i.channel}?period=${i.period}&start=${i.start}`}>{i.code}</a>
								<div class="small muted">{periodText(i.start, i.period, zone, lang)}</div></td>
							<td class="number">{formatExact(i.value, lang)}<span class="unit">{unitName(i.unit, lang)}</span></td>
							<td><QualityMark quality={i.quality} /></td>
						</tr>
					))}
				</tbody>
			</table>
		</>
	);
}

function Body({ origin, zone }: { origin: Origin; zone: string }) {
	const t = useText();
	const lang = useLang();
	const { value, parts } = origin;
	const decimals = decimalsOver(origin.quantity, origin.unit.symbol, [value.value]);
	return (
		<>
			<p class="origin-value">
				{formatNumber(value.value, decimals, lang)}
				{value.value === null ? null : <span class="unit">{unitName(origin.unit, lang)}</span>}
			</p>
			<p>
				<QualityMark quality={value.quality} />
				{value.value !== null && value.source !== "NONE" ? <span class="muted"> · {t.source[value.source]}</span> : null}
			</p>
			<Doubts origin={origin} zone={zone} />
			{value.flags.length > 0 ? <ul class="origin-flags">{value.flags.map((f) => <li key={f}>{t.flag[f]}</li>)}</ul> : null}
			{parts ? (
				<>
					<h3>{t.channel.formedFrom}</h3>
					<p>
						{t.channel.partsOf(parts.present, parts.expected, parts.period)}
						{parts.sum === null ? "" : `; ${t.channel.partsSum} ${formatNumber(parts.sum, decimals, lang)} ${unitName(origin.unit, lang)}`}
					</p>
					<p class="muted small">
						{CLASSES.filter((c) => (parts.classes[c] ?? 0) > 0).map((c) => `${t.quality[c]}: ${parts.classes[c]}`).join(", ")}
					</p>
				</>
			) : null}
			{origin.formula ? <FormulaPart formula={origin.formula} zone={zone} /> : null}
			{origin.formula ? null : <h3>{t.channel.readings}</h3>}
			{origin.formula ? null : origin.inputs.length === 0
				? <p class="muted">{t.channel.noInputs}</p>
				: origin.inputs.map((i) => <InputPart key={i.binding.id} input={i} origin={origin} zone={zone} />)}
			{origin.frames.length > 0 ? (
				<>
					<h3>{t.channel.frames}</h3>
					{origin.frames.map((f) => (
						<details class="origin-frame" key={f.id}>
							<summary>{formatSeconds(f.utc, zone, lang)}</summary>
							{f.request ? <p class="mono"><b aria-label={t.channel.request}>&gt;</b> {f.request}</p> : null}
							<p class="mono"><b aria-label={t.channel.reply}>&lt;</b> {f.reply}</p>
						</details>
					))}
				</>
			) : null}
			<h3>{t.channel.history}</h3>
			{origin.history.length === 0 ? <p class="muted">{t.channel.neverChanged}</p> : (
				<ul class="origin-history">
					{origin.history.map((h, i) => (
						<li key={i}>
							<span>
								{formatNumber(h.value, decimals, lang)}
								<span class="muted"> · {t.quality[h.quality]}</span>
							</span>
							<span class="muted small">
								{t.channel.replacedAt(formatTime(h.changed_utc, zone, lang))}, {h.who}{h.why ? `: ${h.why}` : ""}
							</span>
						</li>
					))}
				</ul>
			)}
		</>
	);
}

export function Provenance(props: {
	channel: number;
	period: Period;
	start: number;
	zone: string;
	onClose: () => void;
}) {
	const t = useText();
	const lang = useLang();
	const { data, problem, reload } = useGet("/channels/{id}/provenance", {
		id: props.channel, period: props.period, start: props.start,
	});
	const rights = useRights();
	const heading = useRef<HTMLHeadingElement>(null);
	useEffect(() => {
		heading.current?.focus({ preventScroll: true });
		const close = (e: KeyboardEvent) => {
			if (e.key === "Escape") {
				props.onClose();
			}
		};
		window.addEventListener("keydown", close);
		return () => window.removeEventListener("keydown", close);
	}, [props.start]);
	const isCurrent = data?.span.from_utc === props.start;
	return (
		<aside class="origin sheet" aria-label={t.channel.whereFrom}>
			<header>
				<h2 ref={heading} tabIndex={-1}>{periodText(props.start, props.period, props.zone, lang)}</h2>
				<button type="button" class="button bare square" onClick={props.onClose} title={t.close}>
					<Icon name="close" /><span class="hidden-label">{t.close}</span>
				</button>
			</header>
			<div class="origin-body">
				{problem ? <ProblemNotice problem={problem} retry={reload} /> : null}
				{data && isCurrent ? <Body origin={data} zone={props.zone} /> : problem ? null : <Busy />}
				{data && isCurrent && rights.edit && data.span.till_utc <= nodeNow()
					? <EditValue key={props.start} origin={data} period={props.period} start={props.start} onDone={reload} />
					: null}
			</div>
		</aside>
	);
}
