/*
 * time.tsx - what each minute of a period was: one bar a row, the sums, and what they allow
 */
import type { HeatInput, HeatRow, PlaceHeat } from "~/api/types";
import { formatNumber } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { periodText } from "~/pages/channel/period-text";
import { Notice } from "~/parts/notice";
import { hoursText, percent } from "./numbers";

/* As statements number the situations; run and unknown have none. */
const codeOf = (index: number): string => index >= 1 && index <= 7 ? String(index) : "";

export function codesOf(row: HeatRow): number[] {
	return row.seconds.flatMap((s, i) => s > 0 && i >= 1 && i <= 7 ? [i] : []);
}

/* The seconds of a row side by side. */
export function TimeBar({ row, data, isUpright }: { row: HeatRow; data: PlaceHeat; isUpright?: boolean }) {
	const lang = useLang();
	const all = row.seconds.reduce((a, b) => a + b, 0);
	const words = data.classes.flatMap((c, i) => row.seconds[i] ? [`${c.text[lang]} ${hoursText(row.seconds[i]!, lang)}`] : []).join(", ");
	return (
		<span class={`ns-bar${isUpright ? " is-upright" : ""}`} title={`${periodText(row.start, data.period, data.calendar.zone, lang)}: ${words}`}>
			{all === 0 ? null : data.classes.map((c, i) => row.seconds[i]
				? <i key={c.name} class={`ns-${c.name}`} style={{ flexGrow: row.seconds[i] }} />
				: null)}
		</span>
	);
}

function Legend({ input, data }: { input: HeatInput; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	const { seconds } = input.sum;
	return (
		<table class="ns-table">
			<thead>
				<tr>
					<th scope="col">{t.heat.code}</th>
					<th scope="col">{t.heat.kind}</th>
					<th scope="col" class="number">{t.heat.timers}</th>
					<th scope="col" class="number">{t.heat.share}</th>
				</tr>
			</thead>
			<tbody>
				{data.classes.map((c, i) => seconds[i] === 0 ? null : (
					<tr key={c.name}>
						<td>{codeOf(i)}</td>
						<td><span class="ns-name"><i class={`ns-${c.name}`} aria-hidden="true" />{c.text[lang]}</span></td>
						<td class="number">{hoursText(seconds[i]!, lang)}</td>
						<td class="number">{percent(seconds[i]! / input.abnormal.period_s, lang)}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

function Source({ input, data }: { input: HeatInput; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	const timed = data.classes.filter((c) => input.abnormal.timed.includes(c.name)).map((c) => c.text[lang]);
	const words = [
		t.heat.sums(hoursText(input.abnormal.run_s, lang), hoursText(input.abnormal.abnormal_s, lang),
			input.abnormal.unknown_s > 0 ? hoursText(input.abnormal.unknown_s, lang) : null),
		timed.length > 0 ? t.heat.byMeter(timed.join(", ")) : input.abnormal.has_state ? t.heat.byState : t.heat.byData,
		input.abnormal.flow_min === null && input.abnormal.flow_max === null ? t.heat.noLimits : "",
	];
	return <p class="small muted">{words.filter((w) => w !== "").join(" ")}</p>;
}

export function Time({ input, data }: { input: HeatInput; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	const a = input.abnormal;
	const limit = (x: number | null): string => x === null ? "" : `${formatNumber(x * 100, 0, lang)}${lang === "ru" ? "\u202f" : ""}%`;
	if (a.period_s === 0) {
		return null;
	}
	const rows = input.rows.filter((r) => r.seconds.some((s) => s > 0));
	return (
		<section class="sheet" aria-label={t.heat.time}>
			<header><h2>{t.heat.time}</h2><p class="small muted">{t.heat.timeText}</p></header>
			<div class="ns-body">
				<div class={`ns-strip${rows.length > 62 ? " is-dense" : ""}`} role="img" aria-label={t.heat.time}>
					{rows.map((r) => <TimeBar key={r.start} row={r} data={data} isUpright />)}
				</div>
				{a.is_low_too_long ? <Notice tone="warning" title={t.heat.lowTooLong(percent(a.low_share, lang), limit(a.low_limit))} /> : null}
				{a.is_high_too_long ? <Notice tone="warning" title={t.heat.highTooLong(percent(a.high_share, lang), limit(a.high_limit))} /> : null}
				<Legend input={input} data={data} />
				<Source input={input} data={data} />
			</div>
		</section>
	);
}
