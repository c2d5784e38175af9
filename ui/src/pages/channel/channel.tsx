/*
 * channel.tsx - one channel over time: chart, totals, table, and where each value came from
 */
import { useMemo } from "preact/hooks";
import { calendarOf, pointsOf, type Point } from "~/api/archive";
import { nodeNow } from "~/api/clock";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { Archive, ChannelDetail, Period } from "~/api/types";
import { navigate, withQuery, type Route } from "~/app/route";
import { SeriesChart } from "~/chart/series-chart";
import { addDays } from "~/format/zone";
import {
	namedRange, rangeDays, rangeSpan, readRange, reportDayOf, writeRange, type Calendar, type DateRange,
} from "~/format/calendar";
import { formatNumber } from "~/format/number";
import { formatTime } from "~/format/time";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { channelName, decimalsOver, quantityLook, quantityName } from "~/parts/quantity";
import { RangeBar } from "~/parts/range-bar";
import { Segmented } from "~/parts/segmented";
import { HealthState } from "~/parts/state";
import { LiveAmount } from "~/parts/value";
import { useTitle } from "~/parts/title";
import { ArchiveTable } from "./archive-table";
import { Provenance } from "./provenance";
import { QualityLegend } from "./quality-legend";
import { periodText } from "./period-text";
import { Totals } from "./totals";
import { hasZones, Zones } from "./zones";
import "./channel.css";

const STEPS: readonly Period[] = ["hour", "day", "month"];

/* A range in which the step shows neither a single bar nor thousands. */
function rangeFor(step: Period, range: DateRange, cal: Calendar): DateRange {
	const days = rangeDays(range);
	const today = reportDayOf(cal, nodeNow());
	if (step === "month" && days < 60) {
		return { from: { year: today.year - 1, month: today.month, day: today.day }, till: today };
	}
	if (step === "day" && (days < 3 || days > 200)) {
		return namedRange(cal, "this_month", nodeNow());
	}
	if ((step === "hour" || step === "half_hour") && days > 35) {
		return { from: addDays(today, -6), till: today };
	}
	return range;
}

function Head({ channel, zone }: { channel: ChannelDetail; zone: string }) {
	const t = useText();
	const lang = useLang();
	const rights = useRights();
	const look = quantityLook(channel.quantity.code);
	const summary = { ...channel, place: 0, sort: 0 };
	const building = channel.path.find((p) => p.kind === "building");
	/* the one in force: what no meter feeds may be computed */
	const formulas = useGet("/formulas", channel.meter ? null : { channel: channel.id });
	const formula = formulas.data?.items.find((f) =>
		(f.from_utc === null || f.from_utc <= nodeNow()) && (f.till_utc === null || f.till_utc > nodeNow()));
	return (
		<header>
			<nav class="crumbs" aria-label={t.nav.label}>
				<a href="/buildings">{t.nav.buildings}</a>
				{channel.path.map((p) => (
					<span key={p.id}>› {p.id === building?.id ? <a href={`/buildings/${p.id}`}>{p.name}</a> : p.name}</span>
				))}
			</nav>
			<h1 class="channel-title" style={{ "--resource": `var(${look.colour})` }}>
				<Icon name={look.icon} />
				{channelName(channel, lang)}
				<span class="muted channel-place">{channel.path[channel.path.length - 1]?.name}</span>
			</h1>
			<div class="channel-now">
				{formula ? null : (
					<>
						<span class="muted small">{channel.quantity.kind === "counter" ? t.channel.reading : t.building.now}</span>
						<strong><LiveAmount channel={summary} zone={zone} hasUnit /></strong>
					</>
				)}
				{formula ? (
					<span class="muted">{t.channel.computed} <a class="mono channel-formula" href={`/setup/formulas/${formula.id}`}>{formula.text}</a></span>
				) : channel.meter ? (
					<>
						{rights.devices ? <a href={`/meters/${channel.meter.id}`}>{channel.meter.name}</a> : <span>{channel.meter.name}</span>}
						<HealthState health={channel.meter.health} />
					</>
				) : <span class="muted">{t.channel.noMeter}</span>}
				{rights.setup_places
					? <a class="button bare" href={`/setup/channels/${channel.id}`}><Icon name="edit" />{t.edit}</a>
					: null}
			</div>
		</header>
	);
}

function useDescribe(archive: Archive, step: Period): (p: Point) => string[] {
	const t = useText();
	const lang = useLang();
	return (p) => {
		const { zone } = archive.calendar;
		const value = p.value === null ? t.quality.MISSING : `${valueText(p, archive, lang)} ${unitName(archive.unit, lang)}`;
		return [
			periodText(p.start, step, zone, lang),
			value,
			...(p.value === null ? [] : [t.quality[p.quality]]),
			...p.flags.map((f) => t.flag[f]),
		];
	};
}

const valueText = (p: Point, a: Archive, lang: "ru" | "en"): string =>
	formatNumber(p.value, decimalsOver(a.quantity, a.unit.symbol, a.value), lang);

function Values(props: { archive: Archive; step: Period; picked: number | null; channel: ChannelDetail }) {
	const t = useText();
	const lang = useLang();
	const { archive, step, picked } = props;
	const { points, running } = useMemo(() => {
		const all = pointsOf(archive);
		const last = all[all.length - 1];
		/* the archive ends with the period that is running, if its range reaches into the present;
		 * without a value yet it is no gap either */
		if (!last || archive.till_utc <= nodeNow()) {
			return { points: all, running: null };
		}
		return last.value === null ? { points: all.slice(0, -1), running: null } : { points: all, running: last.start };
	}, [archive]);
	const describe = useDescribe(archive, step);
	const pick = (start: number) => navigate(withQuery({ at: start === picked ? null : String(start) }), "replace");
	const isCounter = archive.quantity.kind === "counter";
	const hasAny = points.some((p) => p.value !== null);
	return (
		<div class={`channel-body${picked !== null ? " has-panel" : ""}`}>
			<div class="channel-main">
				<section class="sheet" aria-label={t.channel.chart}>
					<Totals archive={archive} />
					{points.length === 0 || !hasAny ? (
						<Empty title={t.channel.nothing}>
							{points.length === 0 ? t.channel.notYet : t.channel.nothingText(formatTime(archive.from_utc, archive.calendar.zone, lang))}
						</Empty>
					) : (
						<>
							<SeriesChart
								points={points}
								step={step}
								zone={archive.calendar.zone}
								kind={isCounter ? "amount" : "gauge"}
								colour={quantityLook(archive.quantity.code).colour}
								unit={unitName(archive.unit, lang)}
								label={`${quantityName(archive.quantity, lang)}: ${t.channel.chartLabel}`}
								picked={picked}
								running={running}
								describe={describe}
								onPick={pick}
							/>
							<QualityLegend points={points} />
						</>
					)}
				</section>
				<ArchiveTable archive={archive} points={points} step={step} picked={picked} onPick={pick}
					name={`channel-${props.channel.id}`} />
			</div>
			{picked !== null ? (
				<Provenance
					channel={props.channel.id}
					period={step}
					start={picked}
					zone={archive.calendar.zone}
					onClose={() => navigate(withQuery({ at: null }), "replace")}
				/>
			) : null}
		</div>
	);
}

export function ChannelPage({ id, route }: { id: number; route: Route }) {
	const t = useText();
	const lang = useLang();
	const detail = useGet("/channels/{id}/summary", { id }, 60);
	const channel = detail.data;
	const calendar = channel ? calendarOf(channel.calendar) : null;
	const isCounter = channel?.quantity.kind === "counter";
	const asked = route.query.get("step");
	const hasHalfHours = channel?.archives.some((a) => a.period === "half_hour") ?? false;
	const steps: readonly Period[] = hasHalfHours ? ["half_hour", ...STEPS] : STEPS;
	const step: Period = steps.find((s) => s === asked) ?? (isCounter ? "day" : "hour");
	const range = readRange(route.query) ?? (calendar
		? isCounter
			? namedRange(calendar, "this_month", nodeNow())
			: { from: addDays(reportDayOf(calendar, nodeNow()), -6), till: reportDayOf(calendar, nodeNow()) }
		: null);
	const span = calendar && range ? rangeSpan(calendar, range) : null;
	const archive = useGet("/channels/{id}/archive", span ? { id, period: step, from: span.from, till: span.till } : null, 60);
	const at = route.query.get("at");
	useTitle(channel ? `${channelName(channel, lang)}, ${channel.path[channel.path.length - 1]?.name ?? ""}` : null);

	if (detail.problem && !channel) {
		return <ProblemNotice problem={detail.problem} retry={detail.reload} />;
	}
	if (!channel || !calendar || !range) {
		return <Busy />;
	}
	const isShownStep = archive.data?.period === step;
	return (
		<>
			<Head channel={channel} zone={calendar.zone} />
			<div class="channel-controls">
				<Segmented<Period>
					label={t.range.step}
					options={steps.map((value) => ({ value, text: t.step[value] }))}
					value={step}
					onChange={(s) => navigate(withQuery({ step: s, at: null, ...writeRange(rangeFor(s, range, calendar)) }))}
				/>
				<RangeBar
					calendar={calendar}
					range={range}
					also={(r) => ({
						at: null,
						step: rangeDays(r) < 3 && (step === "day" || step === "month") ? "hour" : step,
					})}
				/>
			</div>
			{archive.problem ? <ProblemNotice problem={archive.problem} retry={archive.reload} /> : null}
			{archive.data && isShownStep
				? <Values archive={archive.data} step={step} picked={at !== null && /^\d+$/.test(at) ? Number(at) : null} channel={channel} />
				: archive.problem ? null : <Busy />}
			{hasZones(channel.quantity.code) ? <Zones channel={channel} calendar={calendar} route={route} /> : null}
		</>
	);
}
