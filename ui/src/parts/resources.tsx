/*
 * resources.tsx - what a building used today and this month, one tile per resource
 */
import type { Building } from "~/api/types";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "./icon";
import { isResource, quantityLook, quantityName, quantityRank } from "./quantity";
import { Spark } from "./spark";
import { Completeness, TotalAmount } from "./value";
import "./resources.css";

export function ResourceTiles(props: { building: Building; limit?: number; hasSpark?: boolean }) {
	const t = useText();
	const lang = useLang();
	const sorted = props.building.resources
		.filter((r) => isResource(r.quantity.code))
		.sort((a, b) => quantityRank(a.quantity.code) - quantityRank(b.quantity.code));
	return (
		<ul class="resources">
			{sorted.slice(0, props.limit).map((r) => {
				const look = quantityLook(r.quantity.code);
				const one = r.channels.length === 1 ? `/channels/${r.channels[0]}` : null;
				const name = quantityName(r.quantity, lang);
				return (
					<li key={r.quantity.code} style={{ "--resource": `var(${look.colour})` }}>
						<div class="resource-name">
							<Icon name={look.icon} />
							{one ? <a href={one}>{name}</a> : name}
						</div>
						<div class="resource-main">
							<TotalAmount total={r.month} quantity={r.quantity} unit={r.unit} hasUnit />
						</div>
						<div class="resource-sub">
							<span class="muted">{t.buildings.month}</span>
							<Completeness share={r.month.completeness} />
						</div>
						<div class="resource-sub">
							<span class="muted">{t.buildings.today}</span>
							<span><TotalAmount total={r.today} quantity={r.quantity} unit={r.unit} hasUnit hasNoMark /></span>
						</div>
						<div class="resource-end">
							<span class="small muted">{t.buildings.basis[r.basis]}</span>
							{props.hasSpark && r.channels.length === 1
								? <Spark channel={r.channels[0]!} todayEnd={props.building.today.till_utc} />
								: null}
						</div>
					</li>
				);
			})}
		</ul>
	);
}
