/*
 * facade.tsx - floors x flats, coloured by a quantity or by the state of the meters
 *
 * Five steps of one hue from the least to the largest; the number stands in every cell, so the colour
 * only helps the eye. A flat without a value is hatched, never the colour of zero.
 */
import { navigate, withQuery, type Route } from "~/app/route";
import { formatNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { decimalsFor, quantityName } from "~/parts/quantity";
import { Segmented } from "~/parts/segmented";
import { HEALTH_TONE, type Health } from "~/parts/state";
import { channelsOf, flatValue, type Flat, type Layout, type Span } from "./layout";

const STATE = "state";
const STEPS = 5;

function Cell(props: { flat: Flat; text: string; look: string; health: Health | null; href: string }) {
	const t = useText();
	const { health } = props;
	return (
		<a class={`flat ${props.look}`} href={props.href} title={`${props.flat.place.name}${health ? ` · ${t.health[health]}` : ""}`}>
			<span class="flat-name">{props.flat.place.name.replace(/^(квартира|кв\.?|flat|apt\.?)\s*(№|no\.?)?\s*/i, "№ ")}</span>
			<span class="flat-value">
				{health ? <Icon name={health} /> : null}
				{props.text}
			</span>
		</a>
	);
}

function rows(flats: readonly Flat[]): [number, Flat[]][] {
	const floors = new Map<number, Flat[]>();
	for (const f of flats) {
		floors.set(f.floor, [...(floors.get(f.floor) ?? []), f]);
	}
	return [...floors.entries()].sort((a, b) => b[0] - a[0]); /* the top floor on top */
}

export function Facade({ layout, route }: { layout: Layout; route: Route; zone: string }) {
	const t = useText();
	const lang = useLang();
	const wanted = route.query.get("colour");
	const column = wanted === STATE ? null : layout.columns.find((c) => c.key === wanted) ?? layout.columns[0] ?? null;
	const isCounter = column?.quantity.kind === "counter";
	const span: Span = !isCounter ? "now" : route.query.get("of") === "today" ? "today" : "month";
	const values = column ? layout.flats.map((f) => flatValue(f, column, span)) : [];
	const known = values.filter((v): v is number => v !== null);
	const low = Math.min(...known);
	const high = Math.max(...known);
	const decimals = column ? decimalsFor(column.quantity, column.unit.symbol) : 0;
	const step = (v: number): number =>
		high > low ? Math.min(STEPS - 1, Math.floor(((v - low) / (high - low)) * STEPS)) : 0;

	const cell = (flat: Flat) => {
		if (!column) {
			const health = flat.health;
			return <Cell key={flat.place.id} flat={flat} text={t.health[health]} look={`by-state is-${HEALTH_TONE[health]}`} health={health} href="#flats" />;
		}
		const value = values[layout.flats.indexOf(flat)] ?? null;
		const channel = channelsOf(flat, column)[0];
		return (
			<Cell
				key={flat.place.id}
				flat={flat}
				text={formatNumber(value, decimals, lang)}
				look={value === null ? "no-value" : `step-${step(value)}`}
				health={null}
				href={channel ? `/channels/${channel.id}` : "#flats"}
			/>
		);
	};

	return (
		<section class="sheet">
			<header>
				<h2>{t.building.facade}</h2>
				<div class="facade-choice">
					<label class="inline-field">
						<span class="muted small">{t.building.colourBy}</span>
						<select
							value={column ? column.key : STATE}
							onChange={(e) => navigate(withQuery({ colour: e.currentTarget.value }), "replace")}
						>
							{layout.columns.map((c) => (
								<option key={c.key} value={c.key}>{quantityName(c.quantity, lang)}, {unitName(c.unit, lang)}</option>
							))}
							<option value={STATE}>{t.building.state}</option>
						</select>
					</label>
					{isCounter ? (
						<Segmented<"month" | "today">
							label={t.range.label}
							options={[{ value: "month", text: t.building.month }, { value: "today", text: t.building.today }]}
							value={span === "today" ? "today" : "month"}
							onChange={(of) => navigate(withQuery({ of }), "replace")}
						/>
					) : null}
				</div>
			</header>
			<div class="facade scroll">
				{layout.entrances.map((entrance) => ({ entrance, floors: rows(layout.flats.filter((f) => f.entrance === entrance)) })).map(({ entrance, floors }) => (
					<div class="entrance" key={entrance?.id ?? 0} style={{ "--flats": Math.max(...floors.map(([, flats]) => flats.length)) }}>
						{floors.map(([floor, flats]) => (
							<div class="floor" key={floor}>
								<span class="floor-name muted small" title={t.building.floor(floor)}>{floor !== 0 ? floor : ""}</span>
								{flats.map(cell)}
							</div>
						))}
						{entrance ? <div class="entrance-name muted small">{entrance.name}</div> : null}
					</div>
				))}
			</div>
			{column && known.length > 0 ? (
				<p class="legend small muted">
					<span>{formatNumber(low, decimals, lang)}</span>
					<span class="legend-steps" aria-hidden="true">
						{Array.from({ length: STEPS }, (_, i) => <i key={i} class={`step-${i}`} />)}
					</span>
					<span>{formatNumber(high, decimals, lang)} {unitName(column.unit, lang)}</span>
					{values.includes(null) ? <span class="legend-none"><i class="no-value" aria-hidden="true" />{t.quality.MISSING}</span> : null}
				</p>
			) : null}
		</section>
	);
}
