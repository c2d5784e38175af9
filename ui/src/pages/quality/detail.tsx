/*
 * detail.tsx - one service of a month: kinds of violation, hours between their limits, the list of
 * violations, the refund, and the rules it all goes by
 */
import { useEffect, useState } from "preact/hooks";
import { useGet } from "~/api/use-get";
import type { Figure, SupplyEvent, SupplyService } from "~/api/types";
import { navigate, withQuery, type Route } from "~/app/route";
import { SupplyChart, verdictColour, type Verdict } from "~/chart/supply-chart";
import { formatExact, formatNumber, plainNumber } from "~/format/number";
import { formatDate, formatTime } from "~/format/time";
import { useLang, type Lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { Busy, Notice, ProblemNotice } from "~/parts/notice";
import { Segmented } from "~/parts/segmented";
import { State } from "~/parts/state";
import { hoursText, kindUnit, percentText, ruleUnit, type KindName } from "./text";

const VERDICTS: readonly Verdict[] = ["good", "bad", "cold", "no_data", "outside"];

function Kinds({ service }: { service: SupplyService }) {
	const t = useText();
	const lang = useLang();
	return (
		<div class="scroll">
			<table class="quality-table">
				<thead>
					<tr>
						<th scope="col">{t.supply.kind}</th>
						<th scope="col" class="number wide-only">{t.supply.keptHours}</th>
						<th scope="col" class="number">{t.supply.violations}</th>
						<th scope="col" class="number">{t.supply.noData}</th>
						<th scope="col" class="number wide-only" title={t.supply.outsideHint}>{t.supply.outside}</th>
						<th scope="col" class="number">{t.supply.reduction}<span class="unit">%</span></th>
					</tr>
				</thead>
				<tbody>
					{service.kinds.map((k) => (
						<tr key={k.kind}>
							<th scope="row">
								{t.supply.kinds[k.kind]}
								{k.cold_h > 0 ? <div class="small muted">{t.supply.coldHours(hoursText(k.cold_h, lang))}</div> : null}
								{k.severe_h > 0 ? <div class="small muted">{t.supply.severeHours(hoursText(k.severe_h, lang), service.unpaid_days)}</div> : null}
								{k.act_h > 0 ? <div class="small muted">{t.supply.actHours(hoursText(k.act_h, lang))}</div> : null}
							</th>
							<td class="number wide-only">{hoursText(k.good_h, lang)}</td>
							<td class="number">{hoursText(k.bad_h, lang)}</td>
							<td class="number">{hoursText(k.no_data_h, lang)}</td>
							<td class="number wide-only">{hoursText(k.outside_h, lang)}</td>
							<td class="number">{percentText(k.percent, lang)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function Chart({ service, zone }: { service: SupplyService; zone: string }) {
	const t = useText();
	const lang = useLang();
	const lines = service.lines ?? [];
	const [picked, setPicked] = useState<KindName | null>(null);
	const line = lines.find((l) => l.kind === picked) ?? lines[0];
	if (!line || !service.hours) {
		return null;
	}
	const look = kindUnit(line.kind, service.service === "electricity", lang);
	return (
		<div class="quality-chart">
			{lines.length > 1 ? (
				<Segmented
					label={t.supply.kind}
					options={lines.map((l) => ({ value: l.kind, text: t.supply.kinds[l.kind] }))}
					value={line.kind}
					onChange={setPicked}
				/>
			) : <h3>{t.supply.kinds[line.kind]}</h3>}
			<SupplyChart
				hours={service.hours} line={line} zone={zone} unit={look.unit} decimals={look.decimals} colour={look.colour}
				label={`${t.supply.kinds[line.kind]}, ${look.unit}`} words={t.supply.verdicts}
			/>
			<ul class="quality-legend small">
				{VERDICTS.filter((v) => line.verdict.some((x) => x === v || (v === "bad" && x === "severe"))).map((v) => (
					<li key={v}><i class={v === "no_data" ? "is-open" : ""} style={{ "--swatch": `var(${verdictColour(v)})` }} aria-hidden="true" />{t.supply.verdicts[v]}</li>
				))}
				<li><i class="is-dashed" aria-hidden="true" />{t.supply.limits}</li>
			</ul>
		</div>
	);
}

function eventRule(e: SupplyEvent, t: ReturnType<typeof useText>, lang: Lang): string {
	if (e.is_day_unpaid) {
		return t.supply.dayUnpaid;
	}
	return e.percent === null ? t.supply.byMonth : `${percentText(e.percent, lang)} %`;
}

function Violations({ service, place, zone }: { service: SupplyService; place: number; zone: string }) {
	const t = useText();
	const lang = useLang();
	const isElectric = service.service === "electricity";
	const rows = [...service.events].sort((a, b) => a.start - b.start);
	const shown = (e: SupplyEvent, v: number | null): string => {
		const look = kindUnit(e.kind, isElectric, lang);
		return `${formatNumber(v, look.decimals, lang)} ${look.unit}`;
	};
	const asRows = (): string[][] => [
		[t.supply.kind, t.supply.start, t.supply.end, t.supply.hour, t.supply.extreme, t.supply.limit, t.supply.reduction],
		...rows.map((e) => [
			t.supply.kinds[e.kind], formatTime(e.start, zone, lang), formatTime(e.end, zone, lang), plainNumber(e.hours, 0, lang),
			shown(e, e.extreme), shown(e, e.limit), eventRule(e, t, lang),
		]),
	];
	if (rows.length === 0) {
		return <p class="quality-notes muted">{service.is_measured ? t.supply.noViolations : t.supply.nothingJudged}</p>;
	}
	return (
		<>
			<div class="quality-head"><h3>{t.supply.list}</h3><CopyTable name={`violations-${place}-${service.service}`} rows={asRows} /></div>
			<div class="scroll">
				<table class="quality-table">
					<thead>
						<tr>
							<th scope="col">{t.supply.start}</th>
							<th scope="col" class="wide-only">{t.supply.end}</th>
							<th scope="col" class="wide-only">{t.supply.kind}</th>
							<th scope="col" class="number">{t.supply.hour}</th>
							<th scope="col" class="number">{t.supply.extreme}</th>
							<th scope="col" class="number wide-only">{t.supply.limit}</th>
							<th scope="col" class="number">{t.supply.reduction}</th>
						</tr>
					</thead>
					<tbody>
						{rows.map((e) => (
							<tr key={`${e.kind}/${e.start}`}>
								<td>
									{formatTime(e.start, zone, lang)}
									<div class="narrow-only small muted">
										<div>{e.is_open ? t.supply.open : `– ${formatTime(e.end, zone, lang)}`}</div>
										<div>{t.supply.kinds[e.kind]}{e.by_act ? `, ${t.supply.byAct}` : ""}</div>
									</div>
								</td>
								<td class="wide-only">{e.is_open ? t.supply.open : formatTime(e.end, zone, lang)}</td>
								<td class="wide-only">{t.supply.kinds[e.kind]}{e.by_act ? <div class="small muted">{t.supply.byAct}</div> : null}</td>
								<td class="number">{hoursText(e.hours, lang)}</td>
								<td class="number">{shown(e, e.extreme)}</td>
								<td class="number wide-only">{shown(e, e.limit)}</td>
								<td class="number">{eventRule(e, t, lang)}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</>
	);
}

/* A number as typed in either language; null: none or no number. */
function amountOf(text: string): number | null {
	const value = Number(text.replace(/[\s\u00a0\u202f]/g, "").replace(",", "."));
	return text.trim() !== "" && Number.isFinite(value) && value >= 0 ? value : null;
}

function Money({ service, route }: { service: SupplyService; route: Route }) {
	const t = useText();
	const lang = useLang();
	const [charge, setCharge] = useState(route.query.get("charge") ?? "");
	const [cold, setCold] = useState(route.query.get("cold") ?? "");
	useEffect(() => {
		const timer = setTimeout(() => navigate(withQuery({
			charge: amountOf(charge)?.toString() ?? null, cold: amountOf(cold)?.toString() ?? null,
			...(charge !== "" ? { service: service.service } : {}),
		}), "replace"), 500);
		return () => clearTimeout(timer);
	}, [charge, cold]);
	const m = service.money;
	const line = (name: string, value: number | null, isMain = false) => (
		<div class={isMain ? "is-main" : ""}><dt>{name}</dt><dd>{formatNumber(value, 2, lang)}</dd></div>
	);
	return (
		<div class="quality-money">
			<h3>{t.supply.money}</h3>
			<div class="quality-fields">
				<label><span>{t.supply.charge}</span><input inputMode="decimal" value={charge} placeholder={m ? formatNumber(m.charge, 2, lang) : ""} onInput={(e) => setCharge(e.currentTarget.value)} /></label>
				{service.cold_share > 0 ? (
					<label><span>{t.supply.coldCharge}</span><input inputMode="decimal" value={cold} onInput={(e) => setCold(e.currentTarget.value)} /></label>
				) : null}
			</div>
			{m ? (
				<dl class="quality-sums">
					{line(t.supply.charge, m.charge)}
					{m.unpaid > 0 ? line(t.supply.unpaid(service.unpaid_days), -m.unpaid) : null}
					{service.cold_share > 0 ? line(t.supply.afterCold, m.after_cold) : null}
					{line(t.supply.reducedBy(percentText(service.percent, lang), formatNumber(m.base, 2, lang)), -m.reduction)}
					{line(t.supply.toPay, m.to_pay)}
					{line(t.supply.refund, m.refund, true)}
				</dl>
			) : <p class="small muted">{t.supply.noCharge}</p>}
			{m?.is_part ? <p class="small muted">{t.supply.isPart}</p> : null}
		</div>
	);
}

function dateOfNumber(n: number, lang: Lang): string {
	return n === 0 ? "" : formatDate({ year: Math.floor(n / 10000), month: Math.floor(n / 100) % 100, day: n % 100 }, lang);
}

/* Was the number compared with the text of the law, or set by somebody here? */
function Legal({ figure }: { figure: Figure }) {
	const t = useText();
	if (figure.parameter) {
		return <a href={`/setup/parameters/${figure.parameter}`}>{t.supply.ownParameter}</a>;
	}
	return figure.is_confirmed
		? <State tone="ok" icon="ok" text={t.supply.confirmed} isPlain />
		: <State tone="warning" icon="warning" text={t.supply.unconfirmed} isPlain />;
}

function Rules({ rules }: { rules: readonly Figure[] }) {
	const t = useText();
	const lang = useLang();
	const open = rules.filter((f) => !f.is_confirmed).length;
	return (
		<details class="quality-rules">
			<summary>
				{t.supply.rules}
				{open > 0 ? <State tone="warning" icon="warning" text={t.supply.unconfirmedOf(open, rules.length)} /> : null}
			</summary>
			<div class="scroll">
				<table class="quality-table">
					<thead>
						<tr>
							<th scope="col">{t.supply.rule}</th>
							<th scope="col" class="number">{t.supply.value}</th>
							<th scope="col" class="wide-only">{t.supply.source}</th>
							<th scope="col" class="wide-only">{t.supply.legalState}</th>
						</tr>
					</thead>
					<tbody>
						{rules.map((f) => (
							<tr key={f.code}>
								<th scope="row">
									{f.text[lang] || f.code}
									<div class="narrow-only"><Legal figure={f} /><span class="small muted"> {f.source[lang]}</span></div>
								</th>
								<td class="number">{f.value === null ? f.table : formatExact(f.value, lang)} {ruleUnit(f.unit, lang)}</td>
								<td class="wide-only small muted">{f.source[lang]}{f.from_date ? ` · ${t.since(dateOfNumber(f.from_date, lang))}` : ""}</td>
								<td class="wide-only"><Legal figure={f} /></td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</details>
	);
}

export function ServiceDetail(props: { place: number; month: string; brief: SupplyService; zone: string; route: Route }) {
	const { place, month, brief, zone, route } = props;
	const t = useText();
	const lang = useLang();
	const charge = amountOf(route.query.get("charge") ?? "");
	const cold = amountOf(route.query.get("cold") ?? "");
	const detail = useGet("/places/{id}/supply-quality", {
		id: place, month, service: brief.service,
		...(charge === null ? {} : { charge }), ...(cold === null ? {} : { cold_charge: cold }),
	}, 600);
	const service = detail.data?.services[0];
	return (
		<section class="sheet quality-detail" aria-label={t.supply.services[brief.service]}>
			<header><h2>{t.supply.services[brief.service]}</h2></header>
			{detail.problem ? <div class="quality-notes"><ProblemNotice problem={detail.problem} retry={detail.reload} /></div> : null}
			{!service ? (detail.problem ? null : <Busy />) : (
				<>
					{service.is_indicative && service.is_measured ? (
						<div class="quality-notes">
							<Notice tone="info" title={t.supply.indicative}>{t.supply.indicativeText(formatNumber(service.offset_k, 1, lang))}</Notice>
						</div>
					) : null}
					<Kinds service={service} />
					{service.break.total_h > 0 ? (
						<p class="quality-notes small muted">{t.supply.breaks(
							hoursText(service.break.total_h, lang), formatNumber(service.break.allowed_total_h, 0, lang), hoursText(service.break.excess_h, lang),
						)}</p>
					) : null}
					<Chart service={service} zone={zone} />
					<Violations service={service} place={place} zone={zone} />
					{service.is_measured ? <Money service={service} route={route} /> : null}
					<Rules rules={service.rules} />
				</>
			)}
		</section>
	);
}
