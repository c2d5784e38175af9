/*
 * charges.tsx - charges of a building in a month: what every flat pays for what, and by which rules
 *
 * ?month=2026-10 names the month, ?flat=17 opens a flat's bill.
 */
import { useEffect } from "preact/hooks";
import { nodeNow } from "~/api/clock";
import type { ApiCalendar } from "~/api/types";
import { useGet } from "~/api/use-get";
import { navigate, withQuery } from "~/app/route";
import { formatNumber } from "~/format/number";
import { monthName } from "~/format/time";
import { localTime } from "~/format/zone";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import type { SectionProps } from "~/pages/building/sections";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { BillSheet } from "./bill";
import { FlatsSheet, ServicesSheet } from "./house";
import { Rules, Warnings } from "./rules";
import "./charges.css";

const MONTHS_SHOWN = 13;

/* "2026-10" moved by months. */
function shiftMonth(month: string, by: number): string {
	const at = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + by;
	return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`;
}

function MonthPicker({ month, running }: { month: string; running: string }) {
	const t = useText();
	const lang = useLang();
	const name = (m: string): string => `${monthName(Number(m.slice(5, 7)), lang)} ${m.slice(0, 4)}`;
	const show = (m: string): void => navigate(withQuery({ month: m }), "replace");
	const latest = month > running ? month : running;
	const months = Array.from({ length: MONTHS_SHOWN }, (_, i) => shiftMonth(latest, -i));
	if (!months.includes(month)) {
		months.push(month);
	}
	return (
		<div class="charges-month">
			<button type="button" class="button square" aria-label={t.charges.before} title={t.charges.before}
				onClick={() => show(shiftMonth(month, -1))}><Icon name="left" /></button>
			<label>
				<span class="hidden-label">{t.charges.month}</span>
				<select value={month} onChange={(e) => show(e.currentTarget.value)}>
					{months.map((m) => <option key={m} value={m}>{name(m)}</option>)}
				</select>
			</label>
			<button type="button" class="button square" aria-label={t.charges.after} title={t.charges.after}
				disabled={month >= running} onClick={() => show(shiftMonth(month, 1))}><Icon name="right" /></button>
		</div>
	);
}

/* The report month that is running; one that closes on the 25th is December's from then on. */
function runningMonth(now: number, calendar: ApiCalendar): string {
	const at = localTime(now, calendar.zone);
	const civil = `${at.year}-${String(at.month).padStart(2, "0")}`;
	return calendar.report_day > 1 && at.day >= calendar.report_day ? shiftMonth(civil, 1) : civil;
}

export function ChargesPage({ id, route }: SectionProps) {
	const t = useText();
	const lang = useLang();
	const flat = Number(route.query.get("flat") ?? 0);
	const buildings = useGet("/buildings", {});
	const calendar = buildings.data?.items.find((b) => b.id === id)?.calendar;
	const running = calendar ? runningMonth(nodeNow(), calendar) : null;
	/* the month that ended last is what people come for; the running one is one step away */
	const month = route.query.get("month") ?? (running ? shiftMonth(running, -1) : null);
	const house = useGet("/places/{id}/apportionment", month ? { id, month } : null);
	useEffect(() => {
		if (flat) {
			document.getElementById("bill")?.scrollIntoView({ block: "start" });
		}
	}, [flat]);
	if (!month || !house.data) {
		return house.problem ? <ProblemNotice problem={house.problem} retry={house.reload} /> : <Busy />;
	}
	const data = house.data;
	const known = data.services.reduce((sum, s) => sum + (s.charge_known ?? 0), 0);
	const isWhole = data.services.every((s) => s.charge !== null);
	return (
		<div class="charges" aria-busy={house.isLoading}>
			<div class="charges-head">
				<MonthPicker month={data.month} running={running ?? data.month} />
				<span class="charges-state">
					{data.is_closed ? <><Icon name="ok" /> {t.charges.closed}</>
						: data.is_running ? <><Icon name="clock" /> {t.charges.running}</>
							: <><Icon name="edit" /> {t.charges.open}</>}
				</span>
				{data.services.length > 0 && data.services.every((s) => s.is_told) ? (
					<span class="charges-sum">
						{isWhole ? t.charges.total : t.charges.known} <strong>{formatNumber(known, 2, lang)}</strong>
					</span>
				) : null}
			</div>
			{data.services.length === 0 ? (
				<Empty title={t.charges.none} actions={<a class="button main" href="/setup/parameters">{t.charges.toParameters}</a>}>{t.charges.noneText}</Empty>
			) : (
				<>
					<Warnings data={data} />
					{flat ? <BillSheet flat={flat} month={data.month} /> : null}
					<FlatsSheet data={data} flat={flat} />
					<ServicesSheet data={data} />
					<Rules rules={data.rules} />
				</>
			)}
		</div>
	);
}
