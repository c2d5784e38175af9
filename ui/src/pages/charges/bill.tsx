/*
 * bill.tsx - one flat's bill: what it consists of, every line in words and, opened, by its formulas
 */
import type { Bill, BillLine } from "~/api/types";
import { useGet } from "~/api/use-get";
import { withQuery } from "~/app/route";
import { formatNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Busy, ProblemNotice } from "~/parts/notice";
import { QualityMark } from "~/parts/quality-mark";
import { Basis, serviceDecimals, serviceLook } from "./house";
import { Warnings } from "./rules";

/* Individual and common of one service beside its norm and the year before, to one scale. */
function Bar({ lines }: { lines: readonly BillLine[] }) {
	const t = useText();
	const lang = useLang();
	const first = lines[0]!;
	const sum = (of: (l: BillLine) => number | null): number | null =>
		lines.some((l) => of(l) !== null) ? lines.reduce((s, l) => s + (of(l) ?? 0), 0) : null;
	const individual = sum((l) => l.individual);
	const common = sum((l) => l.common);
	const norm = lines.find((l) => l.part === "individual" || l.part === "whole")?.norm ?? null;
	const lastYear = lines.find((l) => l.last_year !== null)?.last_year ?? null;
	const whole = Math.max((individual ?? 0) + Math.max(common ?? 0, 0), norm ?? 0, lastYear ?? 0);
	if (whole <= 0) {
		return null;
	}
	const at = (v: number): string => `${Math.max(0, Math.min(100, (v / whole) * 100)).toFixed(2)}%`;
	const text = (v: number | null): string => `${formatNumber(v, serviceDecimals(first.service), lang)} ${unitName(first.unit, lang)}`;
	const words = [
		individual !== null ? `${t.charges.own} ${text(individual)}` : "",
		common !== null ? `${t.charges.commonShort} ${text(common)}` : "",
		norm !== null ? `${t.charges.norm} ${text(norm)}` : "",
		lastYear !== null ? `${t.charges.lastYear} ${text(lastYear)}` : "",
	].filter((w) => w !== "").join(", ");
	return (
		<div class="charges-bar-box">
			<div class="charges-bar" role="img" aria-label={words} style={{ "--service": `var(${serviceLook(first.service).colour})` }}>
				<i class="is-individual" style={{ width: at(individual ?? 0) }} />
				<i class="is-common" style={{ width: at(Math.max(common ?? 0, 0)) }} />
				{norm !== null ? <b class="is-norm" style={{ left: at(norm) }} /> : null}
				{lastYear !== null ? <b class="is-year" style={{ left: at(lastYear) }} /> : null}
			</div>
			<span class="small muted">{words}</span>
		</div>
	);
}

function Steps({ line }: { line: BillLine }) {
	const t = useText();
	const lang = useLang();
	return (
		<ol class="charges-steps">
			{line.steps.map((s) => (
				<li key={s.code}>
					<div>{s.number ? <strong>{t.charges.formula(s.number)}</strong> : null} <code class="mono">{s.formula}</code></div>
					<div class="mono">= {s.filled[lang]} = {s.result_shown[lang]}</div>
					<dl class="charges-vars">
						{s.variables.map((v) => (
							<div key={v.name}><dt><code>{v.name}</code> {v.text[lang]}</dt><dd>{v.shown[lang]}</dd></div>
						))}
					</dl>
				</li>
			))}
		</ol>
	);
}

function Line({ line }: { line: BillLine }) {
	const t = useText();
	const lang = useLang();
	return (
		<details class="charges-line">
			<summary>
				<span class="charges-what">{t.charges.parts[line.part]}</span>
				<span class="charges-trust">
					<Basis basis={line.basis} completeness={line.completeness} />
					{line.parts.some((p) => p.is_by_days) ? <span class="small doubtful"><Icon name="warning" />{t.charges.byDays}</span> : null}
				</span>
				<span class="number">{formatNumber(line.volume, serviceDecimals(line.service), lang)}<span class="unit">{unitName(line.unit, lang)}</span></span>
				<span class="number charges-rate">{line.parts.map((p) => `× ${formatNumber(p.rate, 2, lang)}`).join(" + ")}</span>
				<strong class="number">{formatNumber(line.charge, 2, lang)}</strong>
			</summary>
			<div class="charges-open">
				<p>{line.explanation[lang]}</p>
				<p class="small"><QualityMark quality={line.quality} /></p>
				{line.steps.length > 0 ? <Steps line={line} /> : null}
			</div>
		</details>
	);
}

function Services({ bill }: { bill: Bill }) {
	const lang = useLang();
	const t = useText();
	const services = [...new Set(bill.lines.map((l) => l.service))];
	return (
		<>
			{services.map((service) => {
				const lines = bill.lines.filter((l) => l.service === service);
				const look = serviceLook(service);
				const isWhole = lines.every((l) => l.charge !== null);
				const sum = lines.reduce((s, l) => s + (l.charge ?? 0), 0);
				return (
					<div class="charges-service" key={service}>
						<h3>
							<span style={{ color: `var(${look.colour})` }}><Icon name={look.icon} /></span>
							{lines[0]!.text[lang]}
							<span class="charges-service-sum">{isWhole ? formatNumber(sum, 2, lang) : t.charges.atLeast(formatNumber(sum, 2, lang))}</span>
						</h3>
						<Bar lines={lines.filter((l) => l.part === "whole" || l.part === "individual" || l.part === "common")} />
						{lines.map((l, i) => <Line key={`${l.part}/${i}`} line={l} />)}
					</div>
				);
			})}
		</>
	);
}

export function BillSheet({ flat, month }: { flat: number; month: string }) {
	const t = useText();
	const lang = useLang();
	const loaded = useGet("/places/{id}/bill", { id: flat, month });
	const bill = loaded.data;
	return (
		<section class="sheet charges-bill" id="bill">
			<header>
				<h2>{bill ? t.charges.billOf(bill.place.name) : t.charges.bill}</h2>
				<a class="button bare square" href={withQuery({ flat: null })} aria-label={t.close} title={t.close}><Icon name="close" /></a>
			</header>
			{loaded.problem ? <ProblemNotice problem={loaded.problem} retry={loaded.reload} /> : !bill ? <Busy /> : (
				<div class="part">
					<p class="charges-total">
						<span>{t.charges.toPay}</span>{" "}
						<strong>{bill.total === null ? t.charges.atLeast(formatNumber(bill.known, 2, lang)) : formatNumber(bill.total, 2, lang)}</strong>
						{bill.vat.amount !== null ? <span class="muted small"> {t.charges.vat(formatNumber(bill.vat.percent, 0, lang), formatNumber(bill.vat.amount, 2, lang))}</span> : null}
					</p>
					<p class="muted small">{t.charges.facts(formatNumber(bill.area_m2, 1, lang), formatNumber(bill.people, 0, lang))}</p>
					<Warnings data={bill} />
					<Services bill={bill} />
					<p class="small muted charges-legend"><i class="is-individual" />{t.charges.own} <i class="is-common" />{t.charges.commonShort} <b class="is-norm" />{t.charges.norm} <b class="is-year" />{t.charges.lastYear}</p>
				</div>
			)}
		</section>
	);
}
