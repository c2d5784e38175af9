/*
 * signature.tsx - daily heat over outdoor temperature with the fitted line and its band: is the heating
 * sane, and since when not
 */
import type { Signature } from "~/api/types";
import { ChartHost } from "~/chart/chart-host";
import { formatNumber } from "~/format/number";
import { formatDate } from "~/format/time";
import { dateOf, localTime } from "~/format/zone";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Empty, Notice } from "~/parts/notice";
import { State } from "~/parts/state";
import { Fact, Facts } from "./facts";
import { Legend } from "./legend";
import { scatterOption, type Cloud, type Curve } from "./scatter";

const BAND = 2; /* RMSE */

function Chart({ data }: { data: Signature }) {
	const t = useText();
	const lang = useLang();
	const cloud = (kind: "used" | "odd" | "left"): Cloud => ({
		name: t.climate.heat,
		colour: kind === "odd" ? "--bad" : kind === "left" ? "--idle" : "--heat",
		symbol: kind === "odd" ? "triangle" : kind === "left" ? "emptyCircle" : "circle",
		size: kind === "odd" ? 11 : 7,
		points: data.days.flatMap((d) => {
			const is = !d.is_used ? "left" : d.is_outlier || d.is_drift ? "odd" : "used";
			return d.outdoor !== null && d.heat !== null && is === kind ? [{
				x: d.outdoor, y: d.heat,
				describe: [
					formatDate(dateOf(localTime(d.start, data.calendar.zone)), lang),
					`${t.climate.outdoor}: ${formatNumber(d.outdoor, 1, lang)} °C`,
					`${t.climate.heat}: ${formatNumber(d.heat, 3, lang)} ${t.climate.gcal}`,
					...(d.expected !== null ? [`${t.climate.expected}: ${formatNumber(d.expected, 3, lang)} ${t.climate.gcal}`] : []),
					...(d.is_outlier ? [t.climate.outlier] : []),
					...(d.is_drift ? [t.climate.drift] : []),
					...(d.is_used ? [] : [t.climate.notUsed]),
				],
			}] : [];
		}),
	});
	const build = (css: (name: string) => string, width: number) => {
		const { fit, outdoor_min: low, outdoor_max: high } = data;
		const curves: Curve[] = [];
		if (fit && low !== null && high !== null) {
			const at = (x: number): number => fit.a + fit.b * Math.max(0, fit.tb - x);
			const knots = [low, Math.min(high, Math.max(low, fit.tb)), high];
			const line = (by: number): [number, number][] => knots.map((x) => [x, at(x) + by]);
			const band = BAND * (fit.rmse ?? 0);
			curves.push({ name: "", colour: "--accent", isDashed: false, points: line(0) },
				{ name: "", colour: "--accent", isDashed: true, points: line(band) },
				{ name: "", colour: "--accent", isDashed: true, points: line(-band) });
		}
		return scatterOption(css, width, lang, {
			x: `${t.climate.outdoor}, °C`, y: t.climate.gcalPerDay, decimals: 2, hasZero: true, curves,
			clouds: [cloud("used"), cloud("left"), cloud("odd")],
		});
	};
	return <ChartHost label={t.climate.signatureTitle} build={build} depend={[data, lang]} />;
}

function Fit({ data }: { data: Signature }) {
	const t = useText();
	const lang = useLang();
	const { fit } = data;
	if (!fit) {
		return (
			<div class="climate-pad">
				<Notice tone="info" title={t.climate.noSignature}>
					{t.climate.signatureStates[data.state](data.used, data.least_days, formatNumber(data.least_range, 0, lang))}
				</Notice>
			</div>
		);
	}
	const day = t.climate.gcalPerDay;
	return (
		<Facts>
			<Fact name={t.climate.verdict}>
				{data.outliers + data.drift_days === 0
					? <State tone="ok" icon="ok" text={t.climate.sane} isPlain />
					: <State tone="warning" icon="warning" text={t.climate.odd(data.outliers, data.drift_days)} isPlain />}
			</Fact>
			<Fact name={t.climate.balance} hint={t.climate.balanceHint}>{formatNumber(fit.tb, 1, lang)} <span class="unit">°C</span></Fact>
			<Fact name={t.climate.slope} hint={t.climate.slopeHint}>{formatNumber(fit.b, 4, lang)} <span class="unit">{t.climate.gcalPerDayK}</span></Fact>
			<Fact name={t.climate.base} hint={t.climate.baseHint}>{formatNumber(fit.a, 3, lang)} <span class="unit">{day}</span></Fact>
			<Fact name="R²">{formatNumber(fit.r2, 3, lang)}</Fact>
			<Fact name="CV(RMSE)" hint={t.climate.cvHint}>{formatNumber(fit.cv_percent, 1, lang)} <span class="unit">%</span></Fact>
			{fit.design_load_gcal_h !== null ? (
				<Fact name={t.climate.designLoad(formatNumber(fit.design_outdoor, 0, lang))} hint={t.climate.designLoadHint}>
					{formatNumber(fit.design_load_gcal_h, 4, lang)} <span class="unit">{t.climate.gcalPerHour}</span>
				</Fact>
			) : null}
			<Fact name={t.climate.daysUsed} hint={t.climate.daysUsedHint}>{data.used} / {data.days.length}</Fact>
		</Facts>
	);
}

export function SignatureSheet({ data }: { data: Signature }) {
	const t = useText();
	const hasPoints = data.days.some((d) => d.outdoor !== null && d.heat !== null);
	return (
		<section class="sheet" aria-label={t.climate.signatureTitle}>
			<header><h2>{t.climate.signatureTitle}</h2></header>
			<Fit data={data} />
			{hasPoints ? <Chart data={data} /> : (
				<Empty title={t.climate.noDays}>
					{data.channels.outdoor === null ? t.climate.noOutdoor : data.channels.heat === null ? t.climate.noHeat : t.climate.noDaysText}
				</Empty>
			)}
			<Legend items={[
				{ colour: "--heat", mark: "●", text: t.climate.day },
				{ colour: "--bad", mark: "▲", text: t.climate.oddDay },
				{ colour: "--idle", mark: "○", text: t.climate.notUsed },
				{ colour: "--accent", mark: "—", text: t.climate.fitted },
				{ colour: "--accent", mark: "┄", text: t.climate.band },
			]} />
		</section>
	);
}
