/*
 * risers.tsx - heat along the risers: floor by riser, what is measured, what is parted by history, and
 * which sensor is missing
 */
import { useMemo } from "preact/hooks";
import { useGet } from "~/api/use-get";
import type { Riser, RiserCell, Risers } from "~/api/types";
import { nodeNow } from "~/api/clock";
import { navigate, withQuery } from "~/app/route";
import { namedRange, rangeSpan, readRange, type Calendar } from "~/format/calendar";
import { formatNumber, plainNumber } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { Busy, Empty, Notice, ProblemNotice } from "~/parts/notice";
import { RangeBar } from "~/parts/range-bar";
import { Segmented } from "~/parts/segmented";
import { State } from "~/parts/state";
import { TrustMark } from "~/parts/value";
import type { SectionProps } from "../building/sections";
import { Fact, Facts } from "./facts";
import { WithCalendar } from "./with-calendar";
import "./climate.css";

type Show = "heat" | "share" | "temperature" | "difference";
const SHOWS: readonly Show[] = ["heat", "share", "temperature", "difference"];

function cellText(c: RiserCell, show: Show, number: typeof formatNumber, lang: "ru" | "en"): string {
	switch (show) {
	case "heat": return number(c.heat?.value ?? null, 1, lang);
	case "share": return number(c.share === null ? null : c.share * 100, 1, lang);
	case "temperature": return number(c.temperature, 1, lang);
	case "difference": return number(c.difference, 1, lang);
	}
}

function Cell({ cell, show }: { cell: RiserCell; show: Show }) {
	const t = useText();
	const lang = useLang();
	const isBad = cell.missing_days > 0 || cell.dropped_days > 0;
	const words = [
		cell.name,
		cell.share === null ? "" : t.risers.shareOf(formatNumber(cell.share * 100, 1, lang), formatNumber(cell.share_error === null ? null : cell.share_error * 100, 0, lang)),
		cell.missing_days > 0 ? t.risers.missingDays(cell.missing_days) : "",
		cell.dropped_days > 0 ? t.risers.droppedDays(cell.dropped_days) : "",
		cell.basis === "measured" ? "" : t.risers.basis[cell.basis],
	].filter((w) => w !== "").join("; ");
	return (
		<td class={`number${isBad ? " doubtful" : ""}`} title={words}>
			{cell.is_seen ? cellText(cell, show, formatNumber, lang) : "·"}
			{show === "heat" && cell.is_seen ? <TrustMark total={cell.heat} /> : null}
			{isBad ? <div class="small">{cell.missing_days > 0 ? t.risers.missing : t.risers.dropped}</div> : null}
		</td>
	);
}

function Matrix({ data, show }: { data: Risers; show: Show }) {
	const t = useText();
	const lang = useLang();
	const floors = [...new Set(data.risers.flatMap((r) => r.cells.map((c) => c.floor)))].sort((a, b) => b - a);
	const at = (r: Riser, floor: number): RiserCell | undefined => r.cells.find((c) => c.floor === floor);
	const asRows = (): string[][] => [
		[t.risers.floor, ...data.risers.map((r) => r.name)],
		...floors.map((f) => [String(f), ...data.risers.map((r) => {
			const c = at(r, f);
			return c ? cellText(c, show, (v, d, l) => plainNumber(v ?? null, d, l), lang) : "";
		})]),
	];
	return (
		<>
			<div class="climate-pad climate-row"><CopyTable name={`risers-${data.place}-${show}`} rows={asRows} /></div>
			<div class="scroll">
				<table class="sticky-first">
					<thead>
						<tr><th scope="col">{t.risers.floor}</th>{data.risers.map((r) => <th key={r.place} scope="col" class="number">{r.name} {r.is_down ? "↓" : "↑"}</th>)}</tr>
					</thead>
					<tbody>
						{floors.map((f) => (
							<tr key={f}>
								<th scope="row">{f}</th>
								{data.risers.map((r) => {
									const c = at(r, f);
									return c ? <Cell key={r.place} cell={c} show={show} /> : <td key={r.place} />;
								})}
							</tr>
						))}
						<tr>
							<th scope="row">{t.risers.riser}, {data.unit.text[lang]}</th>
							{data.risers.map((r) => (
								<td key={r.place} class="number">
									{formatNumber(r.heat.value, 0, lang)}<TrustMark total={r.heat} />
									{r.guessed_days > 0 ? <div class="small doubtful">{t.risers.guessed(r.guessed_days)}</div> : null}
								</td>
							))}
						</tr>
						<tr>
							<th scope="row">{t.risers.goodDays}</th>
							{data.risers.map((r) => <td key={r.place} class="number">{r.good_days} / {r.days}</td>)}
						</tr>
					</tbody>
				</table>
			</div>
		</>
	);
}

/* What each flat got: by its radiators, and its part of the rest by area. */
function Flats({ data }: { data: Risers }) {
	const t = useText();
	const lang = useLang();
	const unit = data.unit.text[lang];
	const heads = [t.climate.flat, `${t.risers.individual}, ${unit}`, `${t.risers.common}, ${unit}`, `${t.risers.total}, ${unit}`, t.risers.segments, t.climate.area];
	const asRows = (): string[][] => [heads, ...data.flats.map((f) => [
		f.name, plainNumber(f.individual.value, 1, lang), plainNumber(f.common.value, 1, lang), plainNumber(f.total.value, 1, lang),
		String(f.segments), plainNumber(f.area_m2, 1, lang),
	])];
	if (data.flats.length === 0) {
		return null;
	}
	return (
		<section class="sheet" aria-label={t.risers.flats}>
			<header><h2>{t.risers.flats}</h2><CopyTable name={`riser-flats-${data.place}`} rows={asRows} /></header>
			{data.area_m2 === null ? <div class="climate-pad"><Notice tone="info" title={t.climate.noArea}>{t.risers.noArea}</Notice></div> : null}
			<div class="scroll">
				<table class="sticky-first">
					<thead><tr>{heads.map((h, i) => <th key={h} scope="col" class={i ? "number" : ""}>{h}</th>)}</tr></thead>
					<tbody>
						{data.flats.map((f) => (
							<tr key={f.place}>
								<td>{f.name}</td>
								<td class="number">{formatNumber(f.individual.value, 1, lang)}<TrustMark total={f.individual} /></td>
								<td class="number">{formatNumber(f.common.value, 1, lang)}<TrustMark total={f.common} /></td>
								<td class="number">{formatNumber(f.total.value, 1, lang)}<TrustMark total={f.total} /></td>
								<td class="number">{f.segments}</td>
								<td class="number">{formatNumber(f.area_m2, 1, lang)}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

function Body({ data, show }: { data: Risers; show: Show }) {
	const t = useText();
	const lang = useLang();
	const reversed = data.risers.filter((r) => r.states.reversed > 0).map((r) => r.name);
	const unit = data.unit.text[lang];
	if (data.risers.length === 0) {
		return <Empty title={t.risers.none}>{t.risers.noneText}</Empty>;
	}
	return (
		<>
			<Facts>
				<Fact name={t.risers.input}>{formatNumber(data.input.value, 0, lang)}<TrustMark total={data.input} /> <span class="unit">{unit}</span></Fact>
				<Fact name={t.risers.rest} hint={t.risers.restHint}>
					{formatNumber(data.rest.value, 0, lang)}<TrustMark total={data.rest} /> <span class="unit">{unit}</span>
					{data.is_rest_negative ? <> <State tone="bad" icon="warning" text={t.risers.negative} /></> : null}
				</Fact>
			</Facts>
			{reversed.length > 0 ? <div class="climate-pad"><Notice tone="bad" title={t.risers.reversed(reversed.join(", "))}>{t.risers.reversedText}</Notice></div> : null}
			<Matrix data={data} show={show} />
		</>
	);
}

function Page({ id, route, calendar }: SectionProps & { calendar: Calendar }) {
	const t = useText();
	const range = useMemo(
		() => readRange(route.query) ?? namedRange(calendar, "yesterday", nodeNow()),
		[route.query.get("from"), route.query.get("till"), calendar.zone]);
	const asked = route.query.get("show");
	const show = SHOWS.find((s) => s === asked) ?? "heat";
	const risers = useGet("/places/{id}/risers", { id, ...rangeSpan(calendar, range) }, 600);
	return (
		<>
			<RangeBar calendar={calendar} range={range} names={["yesterday", "this_month", "last_month"]} />
			{risers.problem ? <ProblemNotice problem={risers.problem} retry={risers.reload} /> : null}
			<section class="sheet" aria-label={t.risers.title}>
				<header>
					<h2>{t.risers.title}</h2>
					<Segmented label={t.risers.show} options={SHOWS.map((value) => ({ value, text: t.risers.shows[value] }))} value={show} onChange={(s) => navigate(withQuery({ show: s }), "replace")} />
				</header>
				{risers.data ? <Body data={risers.data} show={show} /> : risers.problem ? null : <Busy />}
			</section>
			{risers.data ? <Flats data={risers.data} /> : null}
		</>
	);
}

export function RisersPage(props: SectionProps) {
	return <WithCalendar id={props.id}>{(calendar) => <Page {...props} calendar={calendar} />}</WithCalendar>;
}
