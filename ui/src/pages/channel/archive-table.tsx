/*
 * archive-table.tsx - the values of the chart as a table, to read, to copy, to ask where they come from
 */
import { useEffect, useRef } from "preact/hooks";
import type { Point } from "~/api/archive";
import type { Archive, Period } from "~/api/types";
import { formatNumber, plainNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { decimalsOver } from "~/parts/quantity";
import { QualityMark } from "~/parts/quality-mark";
import { periodText } from "./period-text";

export function ArchiveTable(props: {
	archive: Archive;
	points: readonly Point[];
	step: Period;
	picked: number | null;
	name: string;
	onPick: (start: number) => void;
}) {
	const t = useText();
	const lang = useLang();
	const { archive, points, step, picked } = props;
	const { zone } = archive.calendar;
	const decimals = decimalsOver(archive.quantity, archive.unit.symbol, archive.value);
	const body = useRef<HTMLTableSectionElement>(null);
	const flags = (p: Point): string => p.flags.map((f) => t.flag[f]).join(", ");

	useEffect(() => {
		/* a click on the chart brings the row into view inside its own scroll box */
		body.current?.querySelector(".picked")?.scrollIntoView({ block: "nearest" });
	}, [picked]);

	const asRows = (): string[][] => [
		[t.channel.interval, `${t.channel.value}, ${unitName(archive.unit, lang)}`, t.channel.quality, t.channel.source, t.channel.marks],
		...points.map((p) => [
			periodText(p.start, step, zone, lang), plainNumber(p.value, decimals, lang),
			t.quality[p.quality], p.value === null ? "" : t.source[p.source], flags(p),
		]),
	];
	return (
		<section class="sheet">
			<header>
				<h2>{t.channel.values}</h2>
				<CopyTable name={`${props.name}-${step}`} rows={asRows} />
			</header>
			<div class="scroll archive-scroll">
				<table class="archive-table">
					<thead>
						<tr>
							<th scope="col">{t.channel.interval}</th>
							<th scope="col" class="number">{t.channel.value}<span class="unit">{unitName(archive.unit, lang)}</span></th>
							<th scope="col">{t.channel.quality}</th>
							<th scope="col" class="wide-only">{t.channel.source}</th>
							<th scope="col" class="wide-only">{t.channel.marks}</th>
						</tr>
					</thead>
					<tbody ref={body}>
						{points.map((p) => (
							<tr key={p.start} class={p.start === picked ? "picked" : ""}>
								<td>{periodText(p.start, step, zone, lang)}</td>
								<td class="number">
									<button
										type="button"
										class="value-button"
										aria-expanded={p.start === picked}
										title={t.channel.whereFrom}
										onClick={() => props.onPick(p.start)}
									>
										{formatNumber(p.value, decimals, lang)}
									</button>
								</td>
								<td>
									<QualityMark quality={p.quality} />
									{p.flags.length > 0 ? <div class="narrow-only small muted">{flags(p)}</div> : null}
								</td>
								<td class="wide-only muted">{p.value === null ? "" : t.source[p.source]}</td>
								<td class="wide-only muted">{flags(p)}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}
