/*
 * leaks.tsx - what flows when nobody uses water: the house at night, flats without a pause, reverse flow
 */
import type { Leaks } from "~/api/types";
import { axisLabels } from "~/chart/axis";
import { ChartHost, escapeHtml, type Css } from "~/chart/chart-host";
import type { EChartsCoreOption } from "~/chart/echarts";
import { formatNumber } from "~/format/number";
import { formatDate, formatDuration, formatTime } from "~/format/time";
import { localTime } from "~/format/zone";
import { useLang, type Lang } from "~/i18n/lang";
import type { Texts } from "~/i18n/ru";
import { useText } from "~/i18n/text";
import type { IconName } from "~/parts/icon";
import { State, type Tone } from "~/parts/state";
import { money } from "./words";

type House = NonNullable<Leaks["house"]>;
type Channel = Leaks["channels"][number];

const HOUR = 3600;
const WHERE: Record<House["where"], { tone: Tone; icon: IconName }> = {
	unknown: { tone: "warning", icon: "unknown" },
	none: { tone: "ok", icon: "ok" },
	pipes: { tone: "bad", icon: "warning" },
	flats: { tone: "warning", icon: "warning" },
	both: { tone: "bad", icon: "warning" },
};

/* litres by hour say more than thousandths of a cubic metre */
const litres = (m3: number | null, lang: Lang): string =>
	m3 === null ? "—" : formatNumber(m3 * 1000, Math.abs(m3) < 0.01 ? 1 : 0, lang);

function nightOption(data: Leaks, house: House, css: Css, width: number, lang: Lang, t: Texts): EChartsCoreOption {
	const starts = house.nights.map((n) => n.start);
	const left = width < 560 ? 46 : 62;
	const labels = axisLabels(starts.map((s) => s - s % HOUR), "day", data.calendar.zone, lang, (width - left) / 62);
	const text = { color: css("--muted"), fontFamily: css("--font"), fontSize: 12 };
	const line = (value: number | null, colour: string) => value === null ? [] : [{
		yAxis: value * 1000, lineStyle: { color: css(colour), type: "dashed", width: 2 }, label: { show: false },
	}];
	return {
		animation: false,
		textStyle: text,
		grid: { left, right: 10, top: 26, bottom: 30 },
		xAxis: {
			type: "category", data: starts,
			axisLine: { lineStyle: { color: css("--line-strong") } }, axisTick: { show: false },
			axisLabel: { ...text, interval: (i: number) => labels[i] !== "", formatter: (_: string, i: number) => labels[i] ?? "" },
		},
		yAxis: {
			type: "value", name: t.balance.litresHour, nameTextStyle: { ...text, align: "left" },
			splitNumber: 4, splitLine: { lineStyle: { color: css("--line") } },
			axisLabel: { ...text, formatter: (v: number) => formatNumber(v, 0, lang) },
		},
		tooltip: {
			trigger: "axis", confine: true, axisPointer: { type: "shadow" },
			backgroundColor: css("--sheet"), borderColor: css("--line-strong"),
			textStyle: { color: css("--text"), fontFamily: css("--font"), fontSize: 13 },
			formatter: (items: { dataIndex: number }[]) => {
				const n = house.nights[items[0]?.dataIndex ?? -1];
				return n ? [
					`<b>${escapeHtml(formatDate(localTime(n.start, data.calendar.zone), lang))}</b>`,
					escapeHtml(`${t.balance.nightMin}: ${litres(n.minimum, lang)} ${t.balance.litresHour}`),
					escapeHtml(`${t.balance.nightLeft}: ${litres(n.imbalance, lang)} ± ${litres(n.limit, lang)} ${t.balance.litresHour}`),
				].join("<br>") : "";
			},
		},
		series: [{
			type: "bar", barCategoryGap: "30%", itemStyle: { color: css("--cold") },
			data: house.nights.map((n) => n.minimum === null ? null : n.minimum * 1000),
			markLine: {
				symbol: "none", silent: true,
				data: [...line(house.minimum, "--q-suspect"), ...line(house.legitimate, "--ok")],
			},
		}],
	};
}

function HouseLeak({ data, house }: { data: Leaks; house: House }) {
	const t = useText();
	const lang = useLang();
	if (!house.has_input) {
		return <p class="balance-note">{t.balance.nightNoInput}</p>;
	}
	const look = WHERE[house.where];
	const cost = money(house.month_cost, lang);
	const isLeak = house.leak !== null && house.leak > 0;
	return (
		<>
			<div class="leak-words">
				<State tone={look.tone} icon={look.icon} text={t.balance.where[house.where]} />
				<p>
					{house.minimum === null ? t.balance.nightUnknown(house.nights_known, house.nights_wanted)
						: t.balance.night(litres(house.minimum, lang), litres(house.legitimate, lang), house.residents === null ? null : formatNumber(house.residents, 0, lang))}
					{isLeak ? ` ${t.balance.leakMonth(litres(house.leak, lang), formatNumber(house.month, 0, lang), cost)}` : ""}
					{isLeak && house.imbalance !== null ? ` ${t.balance.nightSplit(litres(house.imbalance, lang), litres(house.limit, lang))}` : ""}
				</p>
			</div>
			{house.nights.length > 0 ? (
				<>
					<ChartHost label={t.balance.nightTitle} build={(css, width) => nightOption(data, house, css, width, lang, t)} depend={[data, lang]} />
					<ul class="balance-legend small">
						{([["--cold", t.balance.nightMin], ["--q-suspect", t.balance.median], ["--ok", t.balance.legit]] as const).map(([colour, name]) => (
							<li key={name}><i style={{ "--swatch": `var(${colour})` }} aria-hidden="true" />{name}</li>
						))}
					</ul>
				</>
			) : null}
			{house.heating ? (
				<p class="balance-note">
					<State tone={house.heating.is_leak ? "bad" : "ok"} icon={house.heating.is_leak ? "warning" : "ok"} text={t.balance.heating} isPlain />{" "}
					{t.balance.heatingText(formatNumber(house.heating.supply, 1, lang), formatNumber(house.heating.return, 1, lang), formatNumber(house.heating.difference, 1, lang), formatNumber(house.heating.limit, 1, lang))}{" "}
					{house.heating.is_leak ? t.balance.heatingLeak : t.balance.heatingFine}
				</p>
			) : null}
		</>
	);
}

function ChannelLine({ c, zone }: { c: Channel; zone: string }) {
	const t = useText();
	const lang = useLang();
	const running = c.state === "drip" || c.state === "toilet" || c.state === "flow" ? c.state : null;
	const cost = money(c.month_cost, lang);
	return (
		<li>
			<a class="plain-link" href={`/channels/${c.channel}`}>{c.place.name}</a>
			<span class="muted small">{c.quantity === "hot_water" ? t.balance.hotWater : t.balance.coldWater}</span>
			<div class="leak-lines">
				{running ? (
					<p>
						<State tone={running === "drip" ? "warning" : "bad"} icon="warning" text={t.balance.leakState[running]} />{" "}
						{t.balance.flatLeak(litres(c.least, lang), formatDuration(c.running_hours * HOUR, lang), formatNumber(c.volume, 2, lang), formatNumber(c.month, 1, lang), cost)}
					</p>
				) : null}
				{c.is_reverse ? (
					<p>
						<State tone="warning" icon="refresh" text={t.balance.reverse} />{" "}
						{t.balance.reverseText(litres(c.reverse, lang), c.reverse_percent === null ? null : formatNumber(c.reverse_percent, 1, lang))}
					</p>
				) : null}
				{c.burst_utc !== null ? (
					<p>
						<State tone="bad" icon="failed" text={t.balance.burst} />{" "}
						{t.balance.burstText(formatTime(c.burst_utc, zone, lang))}
					</p>
				) : null}
			</div>
		</li>
	);
}

export function LeakSheet({ data, resource }: { data: Leaks; resource: string }) {
	const t = useText();
	const lang = useLang();
	const zone = data.calendar.zone;
	const own = data.channels.filter((c) => c.quantity === resource);
	const found = own
		.filter((c) => ["drip", "toilet", "flow"].includes(c.state) || c.is_reverse || c.burst_utc !== null)
		.sort((a, b) => (b.least ?? 0) - (a.least ?? 0));
	const unknown = own.filter((c) => c.state === "unknown").length;
	return (
		<section class="sheet" aria-label={t.balance.leaks}>
			<header>
				<h2>{t.balance.leaks}</h2>
				<span class="small muted">{formatDate(localTime(data.span.from_utc, zone), lang)} – {formatDate(localTime(data.span.till_utc - 1, zone), lang)}</span>
			</header>
			{data.house && resource === "cold_water" ? <HouseLeak data={data} house={data.house} /> : null}
			{found.length === 0 ? <p class="balance-note">{t.balance.noFlatLeaks(own.length - unknown)}</p> : (
				<ul class="leak-list">{found.map((c) => <ChannelLine key={c.channel} c={c} zone={zone} />)}</ul>
			)}
			{unknown > 0 ? <p class="balance-note small muted">{t.balance.leakUnknown(unknown)}</p> : null}
			{data.hidden > 0 ? <p class="balance-note small muted">{t.balance.hiddenLeaks(data.hidden, data.hidden_leaks)}</p> : null}
		</section>
	);
}
