/*
 * totals.tsx - sum or mean, extremes and completeness of what is shown
 */
import { CLASSES } from "~/api/archive";
import type { Archive } from "~/api/types";
import { formatNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { decimalsOver } from "~/parts/quantity";
import { Completeness } from "~/parts/value";
import { periodText } from "./period-text";

export function Totals({ archive }: { archive: Archive }) {
	const t = useText();
	const lang = useLang();
	const { totals, completeness, unit, quantity } = archive;
	const decimals = decimalsOver(quantity, unit.symbol, archive.value);
	const sumDecimals = decimalsOver(quantity, unit.symbol, [totals.sum]);
	const isCounter = quantity.kind === "counter";
	const amount = (v: number | null, digits = decimals) => (
		<>{formatNumber(v, digits, lang)}{v === null ? null : <span class="unit">{unitName(unit, lang)}</span>}</>
	);
	const when = (start: number | null) =>
		start === null ? null : <span class="muted small">{periodText(start, archive.period, archive.calendar.zone, lang)}</span>;
	/* what the sum is made of besides measured values */
	const classes = CLASSES
		.filter((c) => c !== "MEASURED" && (completeness.classes[c] ?? 0) > 0)
		.map((c) => `${t.quality[c]}: ${completeness.classes[c]}`);
	return (
		<dl class="totals">
			<div class="totals-main">
				<dt>{isCounter ? t.channel.sum : t.channel.mean}</dt>
				<dd>{isCounter ? amount(totals.sum, sumDecimals) : amount(totals.mean)}</dd>
			</div>
			{isCounter ? <div><dt>{t.channel.meanOf[archive.period]}</dt><dd>{amount(totals.mean)}</dd></div> : null}
			<div><dt>{t.channel.min}</dt><dd>{amount(totals.min)} {when(totals.min_start)}</dd></div>
			<div><dt>{t.channel.max}</dt><dd>{amount(totals.max)} {when(totals.max_start)}</dd></div>
			<div>
				<dt>{t.channel.completeness}</dt>
				<dd>
					<Completeness share={completeness.share} />
					<span class="muted small"> {t.channel.presentOf(completeness.present, completeness.expected)}</span>
					{classes.length > 0 ? <div class="muted small">{classes.join(", ")}</div> : null}
				</dd>
			</div>
		</dl>
	);
}
