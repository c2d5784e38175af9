/*
 * building-facts.tsx - the head of a building: how its meters are, how old its data, its size
 */
import type { Building } from "~/api/types";
import { formatNumber } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Age } from "./age";
import { State } from "./state";
import { Completeness } from "./value";
import "./building-facts.css";

/* How many meters want a person; for sorting. */
export const buildingTrouble = (b: Building): number =>
	b.meters.silent + b.meters.failed + b.meters.warning / 100;

export function MeterCounts({ building }: { building: Building }) {
	const t = useText();
	const m = building.meters;
	if (m.total === 0) {
		return <State tone="idle" icon="unknown" text={t.buildings.noMeters} />;
	}
	const bad = m.silent + m.failed;
	return (
		<a class="meter-counts" href="/lines" title={t.buildings.metersHint}>
			{bad > 0 ? <State tone="bad" icon="silent" text={t.buildings.silent(bad)} /> : null}
			{m.warning > 0 ? <State tone="warning" icon="warning" text={t.buildings.warning(m.warning)} /> : null}
			{bad === 0 && m.warning === 0 && m.unknown === 0
				? <State tone="ok" icon="ok" text={t.buildings.allOk(m.total)} />
				: <State tone="idle" icon="ok" text={t.buildings.okOf(m.ok, m.total)} />}
		</a>
	);
}

export function BuildingFacts({ building }: { building: Building }) {
	const t = useText();
	const lang = useLang();
	const b = building;
	return (
		<dl class="facts">
			<div><dt>{t.buildings.lastData}</dt><dd><Age utc={b.last_utc} zone={b.calendar.zone} /></dd></div>
			<div><dt>{t.buildings.yesterday}</dt><dd><Completeness share={b.yesterday.completeness} /></dd></div>
			{b.flats > 0 ? <div><dt>{t.buildings.flats}</dt><dd>{b.flats}</dd></div> : null}
			{b.people ? <div><dt>{t.buildings.people}</dt><dd>{b.people}</dd></div> : null}
			{b.area_m2 ? (
				<div>
					<dt>{t.buildings.area}</dt>
					<dd>{formatNumber(b.area_m2, b.area_m2 % 1 === 0 ? 0 : 1, lang)}<span class="unit">{lang === "ru" ? "м²" : "m²"}</span></dd>
				</div>
			) : null}
			<div><dt>{t.buildings.zone}</dt><dd>{b.calendar.zone}</dd></div>
		</dl>
	);
}
