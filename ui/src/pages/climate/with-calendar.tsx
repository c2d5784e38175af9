/*
 * with-calendar.tsx - how the building cuts its time, before a page about its days can ask for any
 */
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { useGet } from "~/api/use-get";
import type { Calendar } from "~/format/calendar";
import { Busy, ProblemNotice } from "~/parts/notice";

export function WithCalendar(props: { id: number; children: (calendar: Calendar) => ComponentChildren }) {
	const buildings = useGet("/buildings", {}, 60);
	const c = buildings.data?.items.find((b) => b.id === props.id)?.calendar;
	const calendar = useMemo(
		() => c ? { zone: c.zone, reportHour: c.report_hour, reportDay: c.report_day } : null,
		[c?.zone, c?.report_hour, c?.report_day]);
	if (calendar) {
		return <>{props.children(calendar)}</>;
	}
	return buildings.problem ? <ProblemNotice problem={buildings.problem} retry={buildings.reload} /> : <Busy />;
}
