/*
 * rows.tsx - the statement: what passed through the pipes, heat by the meter and by the scheme, row by row
 */
import type { HeatInput, HeatRow, PlaceHeat } from "~/api/types";
import { formatNumber, plainNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang, type Lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import type { Texts } from "~/i18n/ru";
import { periodText } from "~/pages/channel/period-text";
import { CopyTable } from "~/parts/copy-table";
import { TrustMark } from "~/parts/value";
import { signedPercent } from "./numbers";
import { codesOf, TimeBar } from "./time";

/* One number of a row: of a pipe, in the order people read statements. */
interface Column {
	key: string;
	head: string;
	unit: string;
	decimals: number;
	isWide: boolean; /* left out on a phone */
	value: (r: HeatRow) => number | null;
	quality: (r: HeatRow) => string;
}

const KINDS = [
	{ kind: "mass", letter: "M", unit: "mass", decimals: 2, isWide: false },
	{ kind: "volume", letter: "V", unit: "volume", decimals: 2, isWide: true },
	{ kind: "temperature", letter: "t", unit: "temperature", decimals: 1, isWide: false },
	{ kind: "pressure", letter: "p", unit: "pressure", decimals: 3, isWide: true },
] as const;

function columnsOf(input: HeatInput, data: PlaceHeat, lang: Lang): Column[] {
	return KINDS.flatMap((k) => input.pipes.flatMap((pipe, at): Column[] => {
		/* volumes only where there is no mass */
		const isShown = pipe[k.kind] !== null && (k.kind !== "volume" || pipe.mass === null);
		return isShown ? [{
			key: `${k.kind}-${pipe.pipe}`,
			head: k.letter + (lang === "ru" ? pipe.letter.replace("x", "х").replace("mu", "п") : pipe.letter),
			unit: unitName(data.units[k.unit], lang),
			decimals: k.decimals,
			isWide: k.isWide,
			value: (r) => r.pipes[at]?.[k.kind].value ?? null,
			quality: (r) => r.pipes[at]?.[k.kind].quality ?? "MISSING",
		}] : [];
	}));
}

function Cell({ column, row, t }: { column: Column; row: HeatRow; t: Texts }) {
	const lang = useLang();
	const quality = column.quality(row) as keyof Texts["quality"];
	const value = column.value(row);
	const isPlain = value === null || ["MEASURED", "INTERPOLATED", "CALCULATED"].includes(quality);
	return (
		<td class={`number${column.isWide ? " wide-only" : ""}${isPlain ? "" : " heat-doubted"}`} title={isPlain ? undefined : t.quality[quality]}>
			{formatNumber(value, column.decimals, lang)}
		</td>
	);
}

function Heat({ row, decimals }: { row: HeatRow; decimals: number }) {
	const lang = useLang();
	return (
		<>
			<td class="number">{formatNumber(row.meter.value, decimals, lang)}<TrustMark total={row.meter} /></td>
			<td class="number">{formatNumber(row.own.value, decimals, lang)}<TrustMark total={row.own} /></td>
			<td class={`number${row.is_off ? " heat-off" : ""}`}>
				{row.is_off ? <span aria-hidden="true">⚠ </span> : null}
				{row.difference_percent === null ? "—" : signedPercent(row.difference_percent, lang)}
			</td>
		</>
	);
}

export function Rows({ input, data }: { input: HeatInput; data: PlaceHeat }) {
	const t = useText();
	const lang = useLang();
	const columns = columnsOf(input, data, lang);
	const energy = unitName(data.units.energy, lang);
	/* what has not begun has nothing to say; the newest first */
	const rows = input.rows.filter((r) => r.seconds.some((s) => s > 0)).reverse();
	const largest = Math.max(0, ...rows.map((r) => Math.abs(r.meter.value ?? r.own.value ?? 0)));
	const decimals = largest > 0 && largest < 1 ? 4 : 3;
	const whenOf = (r: HeatRow): string => periodText(r.start, data.period, data.calendar.zone, lang);
	const asRows = (): string[][] => [
		[t.heat.when[data.period as "day"], ...columns.map((c) => `${c.head}, ${c.unit}`), `${t.heat.meter}, ${energy}`, `${t.heat.own}, ${energy}`,
			`${t.heat.difference}, %`, t.heat.code, ...data.classes.map((c) => `${c.text[lang]}, ${lang === "ru" ? "ч" : "h"}`)],
		...[...rows].reverse().concat(input.sum).map((r) => [
			r === input.sum ? t.heat.total : whenOf(r), ...columns.map((c) => plainNumber(c.value(r), c.decimals, lang)),
			plainNumber(r.meter.value, 6, lang), plainNumber(r.own.value, 6, lang), plainNumber(r.difference_percent, 2, lang), codesOf(r).join(" "),
			...r.seconds.map((s) => plainNumber(s / 3600, 4, lang)),
		]),
	];
	const line = (r: HeatRow, head: string, isSum: boolean) => (
		<tr key={isSum ? "sum" : r.start} class={isSum ? "heat-sum" : ""}>
			<th scope="row">
				{head}
				{r.is_running && !isSum ? <span class="small muted"> {t.heat.running}</span> : null}
				{r.is_of_row && !isSum ? <span class="small muted" title={t.heat.ofRow}> *</span> : null}
			</th>
			<Heat row={r} decimals={decimals} />
			{columns.map((c) => <Cell key={c.key} column={c} row={r} t={t} />)}
			<td class="heat-codes"><TimeBar row={r} data={data} /><span class="small">{codesOf(r).join(", ")}</span></td>
		</tr>
	);
	return (
		<section class="sheet" aria-label={t.heat.rows}>
			<header><h2>{t.heat.rows}</h2><CopyTable name={`heat-${input.place}-${data.period}`} rows={asRows} /></header>
			<div class="scroll heat-scroll">
				<table class="sticky-first heat-rows">
					<thead>
						<tr>
							<th scope="col">{t.heat.when[data.period as "day"]}</th>
							<th scope="col" class="number">{t.heat.meter}<span class="unit">{energy}</span></th>
							<th scope="col" class="number">{t.heat.own}<span class="unit">{energy}</span></th>
							<th scope="col" class="number" title={t.heat.differenceHint}>{t.heat.difference}</th>
							{columns.map((c) => <th key={c.key} scope="col" class={`number${c.isWide ? " wide-only" : ""}`}>{c.head}<span class="unit">{c.unit}</span></th>)}
							<th scope="col">{t.heat.time}</th>
						</tr>
					</thead>
					<tbody>
						{line(input.sum, t.heat.total, true)}
						{rows.map((r) => line(r, whenOf(r), false))}
					</tbody>
				</table>
			</div>
		</section>
	);
}
