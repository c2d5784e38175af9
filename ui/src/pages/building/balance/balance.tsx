/*
 * balance.tsx - where a resource goes: what flowed into the building in a month, what the flats and common
 * needs took, what is left, whether that is within the errors of the meters, and where to look if not
 */
import { useMemo } from "preact/hooks";
import { nodeNow } from "~/api/clock";
import type { Balance } from "~/api/types";
import { useGet } from "~/api/use-get";
import { navigate, withQuery } from "~/app/route";
import {
	rangeSpan, reportDayOf, reportMonthOf, shiftRange, type Calendar, type DateRange,
} from "~/format/calendar";
import { formatMonth } from "~/format/time";
import { addDays, compareDates, parseIsoDate } from "~/format/zone";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { quantityName, quantityRank } from "~/parts/quantity";
import { Segmented } from "~/parts/segmented";
import type { SectionProps } from "../sections";
import { BalanceDays } from "./balance-days";
import { BalanceFlow } from "./balance-flow";
import { BalanceHead } from "./balance-head";
import { BalanceNodes, BalanceMissing } from "./balance-nodes";
import { LeakSheet } from "./leaks";
import { SuspectSheet } from "./suspects";
import "./balance.css";

const DAY = 86400;
const WATER = /^(cold|hot)_water$/;

/* The report month that an address names by its month, "2026-10"; the running one otherwise. */
function monthOf(calendar: Calendar, text: string | null): DateRange {
	const named = parseIsoDate(text ? `${text}-01` : null);
	const middle = named ? { ...named, day: Math.max(15, calendar.reportDay) } : null;
	const day = middle ? addDays({ ...middle, day: 1 }, middle.day - 1) : reportDayOf(calendar, nodeNow());
	return reportMonthOf(calendar, day);
}

const monthKey = (range: DateRange): string =>
	`${range.from.year}-${String(range.from.month).padStart(2, "0")}`;

function Pickers({ calendar, range, data, resource }: {
	calendar: Calendar; range: DateRange; data: Balance | null; resource: string;
}) {
	const t = useText();
	const lang = useLang();
	const isLast = compareDates(range.till, reportDayOf(calendar, nodeNow())) >= 0;
	const go = (by: 1 | -1) => navigate(withQuery({ month: monthKey(shiftRange(calendar, range, by)) }), "replace");
	const resources = [...(data?.resources ?? [])].sort((a, b) => quantityRank(a.code) - quantityRank(b.code));
	return (
		<div class="balance-pickers">
			{resources.length > 1 ? (
				<Segmented
					label={t.balance.resource}
					options={resources.map((q) => ({ value: q.code, text: quantityName(q, lang) }))}
					value={resource}
					onChange={(code) => navigate(withQuery({ resource: code }), "replace")}
				/>
			) : null}
			<div class="balance-month">
				<button type="button" class="button square" aria-label={t.balance.earlier} onClick={() => go(-1)}><Icon name="left" /></button>
				<strong>{formatMonth(range.from, lang)}</strong>
				<button type="button" class="button square" aria-label={t.balance.later} disabled={isLast} onClick={() => go(1)}><Icon name="right" /></button>
			</div>
		</div>
	);
}

export function BalancePage({ id, route }: SectionProps) {
	const t = useText();
	const buildings = useGet("/buildings", {}, 600);
	const building = buildings.data?.items.find((b) => b.id === id);
	const calendar: Calendar | null = building ? {
		zone: building.calendar.zone, reportHour: building.calendar.report_hour, reportDay: building.calendar.report_day,
	} : null;
	const resource = route.query.get("resource") ?? "cold_water";
	const month = route.query.get("month");
	const range = useMemo(() => calendar ? monthOf(calendar, month) : null,
		[month, calendar?.zone, calendar?.reportHour, calendar?.reportDay]);
	const span = calendar && range ? rangeSpan(calendar, range) : null;
	const end = span ? Math.min(span.till, Math.floor(nodeNow() / 3600) * 3600) : 0;
	const balance = useGet("/places/{id}/balance",
		span ? { id, resource, period: "day", from: span.from, till: span.till } : null, 900);
	const isWater = WATER.test(resource);
	const leaks = useGet("/places/{id}/leaks",
		span && isWater ? { id, from: Math.max(end - 31 * DAY, Math.min(span.from, end - 14 * DAY)), till: end } : null);
	const suspects = useGet("/places/{id}/suspects", span ? { id, resource, from: end - 60 * DAY, till: end } : null);
	const problem = buildings.problem ?? balance.problem;

	if (problem && !balance.data) {
		return <ProblemNotice problem={problem} retry={balance.reload} />;
	}
	if (!calendar || !range) {
		return <Busy />;
	}
	const data = balance.data && balance.data.resource.code === resource ? balance.data : null;
	const isNothing = data !== null && data.items.length === 0 && data.hidden === 0;
	return (
		<div class="balance">
			<Pickers calendar={calendar} range={range} data={balance.data} resource={resource} />
			{!data ? <Busy /> : isNothing ? (
				<Empty
					title={t.balance.nothing}
					actions={data.resources[0]
						? <a class="button main" href={withQuery({ resource: data.resources[0].code })}>{t.balance.otherResource}</a>
						: <a class="button main" href="/setup/channels">{t.balance.toChannels}</a>}
				>{t.balance.nothingText}</Empty>
			) : (
				<>
					<BalanceHead data={data} />
					<BalanceDays data={data} />
					<BalanceFlow data={data} />
					<BalanceNodes data={data} />
					{isWater && leaks.data ? <LeakSheet data={leaks.data} resource={resource} /> : null}
					{suspects.data && suspects.data.resource.code === resource ? <SuspectSheet data={suspects.data} /> : null}
					<BalanceMissing data={data} />
				</>
			)}
		</div>
	);
}
