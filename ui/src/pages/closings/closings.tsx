/*
 * closings.tsx - closed months of a building: what is billed stays, what is known since is a correction
 */
import { useState } from "preact/hooks";
import { nodeNow } from "~/api/clock";
import { post, remove } from "~/api/client";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import { reportDayOf, reportMonthOf, dayStart } from "~/format/calendar";
import { addDays } from "~/format/zone";
import { formatNumber } from "~/format/number";
import { formatTime } from "~/format/time";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import type { SectionProps } from "~/pages/building/sections";
import { periodText } from "~/pages/channel/period-text";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { decimalsOver, quantityName } from "~/parts/quantity";
import "./closings.css";

export function ClosingsPage({ id }: SectionProps) {
	const t = useText();
	const lang = useLang();
	const rights = useRights();
	const list = useGet("/places/{id}/closings", { id });
	const summary = useGet("/places/{id}/summary", { id });
	const [problem, setProblem] = useState<unknown>(null);
	const [asking, setAsking] = useState<"close" | "open" | null>(null);
	if (!list.data || !summary.data) {
		const failed = list.problem ?? summary.problem;
		return failed ? <ProblemNotice problem={failed} retry={list.reload} /> : <Busy />;
	}
	const { zone, report_hour, report_day } = summary.data.calendar;
	const cal = { zone, reportHour: report_hour, reportDay: report_day };
	const lastDay = addDays(reportMonthOf(cal, reportDayOf(cal, nodeNow())).from, -1);
	const month = dayStart(cal, lastDay); /* a moment of the month that ended last */
	const items = [...list.data.items].reverse();
	const last = items[0];
	const isClosed = items.some((c) => c.span.from_utc <= month && month < c.span.till_utc);
	const act = async (work: () => Promise<unknown>) => {
		setProblem(null);
		setAsking(null);
		try {
			await work();
			list.reload();
		} catch (e) {
			setProblem(e);
		}
	};
	const close = () => act(() => post("/places/{id}/closings", { id }, { month_utc: month }));
	const open = () => act(() => remove("/closings/{id}", { id: last!.id }));
	const name = (utc: number): string => periodText(utc, "month", zone, lang);
	return (
		<>
			{problem ? <ProblemNotice problem={problem} /> : null}
			<section class="sheet">
				<header><h2>{t.closings.title}</h2></header>
				<div class="closings-lead">
					<p class="muted">{t.closings.lead}</p>
					<div class="actions">
						{rights.close && !isClosed && asking !== "close"
							? <button type="button" class="button main" onClick={() => setAsking("close")}>{t.closings.close(name(month))}</button>
							: null}
						{asking === "close" ? (
							<span role="alert">{t.closings.sure} <button type="button" class="button main" onClick={() => void close()}>{t.closings.yes}</button>{" "}
								<button type="button" class="button" onClick={() => setAsking(null)}>{t.cancel}</button></span>
						) : null}
						{rights.close && last && asking !== "open"
							? <button type="button" class="button" onClick={() => setAsking("open")}>{t.closings.open(name(last.span.from_utc))}</button>
							: null}
						{asking === "open" ? (
							<span role="alert">{t.closings.sureOpen} <button type="button" class="button danger" onClick={() => void open()}>{t.closings.yes}</button>{" "}
								<button type="button" class="button" onClick={() => setAsking(null)}>{t.cancel}</button></span>
						) : null}
					</div>
				</div>
				{items.length === 0 ? <Empty title={t.closings.none}>{t.closings.noneText}</Empty> : (
					<div class="scroll">
						<table>
							<thead><tr><th>{t.preview.month}</th><th>{t.closings.closedAt}</th><th>{t.closings.who}</th></tr></thead>
							<tbody>
								{items.map((c) => (
									<tr key={c.id}>
										<th scope="row"><Icon name="ok" /> {name(c.span.from_utc)}</th>
										<td>{formatTime(c.closed_utc, zone, lang)}</td>
										<td>{c.who}{c.note ? <span class="muted"> · {c.note}</span> : null}</td>
									</tr>
								))}
							</tbody>
						</table>
					</div>
				)}
			</section>
			<section class="sheet">
				<header><h2>{t.closings.pending} <span class="muted">{list.data.pending.length}</span></h2></header>
				{list.data.pending.length === 0 ? <Empty title={t.closings.noPending}>{t.closings.noPendingText}</Empty> : (
					<div class="scroll">
						<table>
							<thead>
								<tr>
									<th>{t.fields.channel}</th><th>{t.preview.month}</th><th class="number">{t.closings.billed}</th>
									<th class="number">{t.closings.now}</th><th class="number">{t.preview.difference}</th>
								</tr>
							</thead>
							<tbody>
								{list.data.pending.map((c) => {
									const decimals = decimalsOver(c.quantity, c.unit.symbol, [c.before, c.after]);
									return (
										<tr key={`${c.of}/${c.channel}`}>
											<th scope="row"><a href={`/channels/${c.channel}`}>{c.name || quantityName(c.quantity, lang)}</a>
												<div class="muted small">{c.path.slice(1).map((p) => p.name).join(" · ")}</div></th>
											<td>{name(c.month)}</td>
											<td class="number">{formatNumber(c.before, decimals, lang)}</td>
											<td class="number">{formatNumber(c.after, decimals, lang)} <span class="unit">{unitName(c.unit, lang)}</span></td>
											<td class="number">{(c.amount ?? 0) > 0 ? "+" : ""}{formatNumber(c.amount, decimals, lang)}</td>
										</tr>
									);
								})}
							</tbody>
						</table>
					</div>
				)}
			</section>
		</>
	);
}
