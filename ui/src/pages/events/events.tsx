/*
 * events.tsx - the journal of the node and its meters
 */
import { useState } from "preact/hooks";
import { nodeNow } from "~/api/clock";
import { useSiteZone } from "~/api/site-zone";
import { useGet } from "~/api/use-get";
import type { Route } from "~/app/route";
import { namedRange, rangeSpan, readRange } from "~/format/calendar";
import { eventName } from "~/format/event";
import { formatSeconds } from "~/format/time";
import { addDays } from "~/format/zone";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { EventTable } from "~/parts/event-table";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { RangeBar } from "~/parts/range-bar";
import { useTitle } from "~/parts/title";
import "./events.css";

const LIMIT = 500;

/* The way to the doubtful values of each building that has some. */
function Checks() {
	const t = useText();
	const { data } = useGet("/verdicts", { limit: 500 }, 60);
	const counts = new Map<number, { name: string; n: number }>();
	for (const v of data?.items ?? []) {
		const building = v.path.find((p) => p.kind === "building");
		if (building) {
			counts.set(building.id, { name: building.name, n: (counts.get(building.id)?.n ?? 0) + 1 });
		}
	}
	return (
		<>
			{[...counts].map(([id, b]) => (
				<a key={id} class="button" href={`/buildings/${id}/checks`}><Icon name="warning" />{b.name}: {t.checks.open(b.n).toLocaleLowerCase()}</a>
			))}
		</>
	);
}

export function EventsPage({ route }: { route: Route }) {
	const t = useText();
	const lang = useLang();
	const zone = useSiteZone();
	const calendar = { zone, reportHour: 0, reportDay: 1 };
	const today = namedRange(calendar, "today", nodeNow()).from;
	const range = readRange(route.query) ?? { from: addDays(today, -6), till: today };
	const span = rangeSpan(calendar, range);
	const { data, problem, reload } = useGet("/events", { from: span.from, till: span.till, limit: LIMIT }, 30);
	const [search, setSearch] = useState("");
	useTitle(t.nav.events);
	const words = search.trim().toLocaleLowerCase();
	const shown = (data?.items ?? []).filter((e) =>
		`${e.object_name} ${eventName(e.code, t.eventCodes)} ${e.text}`.toLocaleLowerCase().includes(words));
	return (
		<>
			<header>
				<h1>{t.nav.events}</h1>
				<Checks />
			</header>
			<RangeBar calendar={calendar} range={range} />
			{problem ? <ProblemNotice problem={problem} retry={reload} /> : null}
			{data ? (
				<section class="sheet">
					<header>
						<label class="events-search">
							<span class="hidden-label">{t.events.search}</span>
							<input type="search" placeholder={t.events.search} value={search} onInput={(e) => setSearch(e.currentTarget.value)} />
						</label>
						<CopyTable
							name="events"
							rows={() => [
								[t.events.when, t.events.object, t.events.what, t.events.text],
								...shown.map((e) => [formatSeconds(e.utc, zone, lang), e.object_name, eventName(e.code, t.eventCodes), e.text]),
							]}
						/>
					</header>
					{shown.length > 0
						? <EventTable events={shown} zone={zone} hasObject />
						: <Empty title={t.events.none}>{t.events.noneText}</Empty>}
					{data.items.length >= LIMIT ? <p class="muted small events-more">{t.events.more(LIMIT)}</p> : null}
				</section>
			) : problem ? null : <Busy />}
		</>
	);
}
