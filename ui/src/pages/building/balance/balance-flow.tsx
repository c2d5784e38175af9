/*
 * balance-flow.tsx - where the month's input went: house, entrances, flats, common needs, loss, as bars on
 * one scale
 *
 * Drawn without a chart library: a bar per node, cut into what is behind it, reads on a phone and in print.
 */
import type { Balance, BalanceNode } from "~/api/types";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { quantityLook } from "~/parts/quantity";
import { amount, percent } from "./words";

interface Slice {
	key: string;
	name: string;
	short?: string;
	value: number;
	colour: string;
	href?: string;
	isLoss?: boolean;
}

const MOST_FLATS = 24; /* more become hairs */

/* "Flat 12" in a narrow bar is "12". */
const shortName = (name: string): string => /\d\S*$/.exec(name)?.[0] ?? name;

/* What a node passes on: its meter's amount, or the sum of what is counted behind it. */
function through(n: BalanceNode): number {
	const c = n.total;
	return n.has_input ? c.input.value ?? 0 : (c.flats.value ?? 0) + (c.common.value ?? 0) + (c.norm.value ?? 0);
}

function Row({ data, title, slices, whole }: { data: Balance; title: string; slices: Slice[]; whole: number }) {
	const lang = useLang();
	const own = slices.reduce((sum, s) => sum + s.value, 0);
	return (
		<div class="flow-row">
			<div class="flow-name">
				<strong>{title}</strong>
				<span class="muted small">{amount(data, own, lang)}</span>
			</div>
			<div class="flow-bar" style={{ width: `${Math.max(2, 100 * own / whole)}%` }}>
				{slices.filter((s) => s.value > 0).map((s) => {
					const label = `${s.name}: ${amount(data, s.value, lang)}, ${percent(100 * s.value / whole, lang)}`;
					const style = { flexGrow: s.value / own, "--swatch": `var(${s.colour})` };
					const body = <span>{s.short ?? s.name}</span>;
					return s.href
						? <a key={s.key} href={s.href} title={label} style={style} aria-label={label}>{body}</a>
						: <i key={s.key} class={s.isLoss ? "is-loss" : ""} title={label} style={style} role="img" aria-label={label}>{body}</i>;
				})}
			</div>
		</div>
	);
}

const lossColour = (n: BalanceNode): string => n.total.verdict === "loss" ? "--bad" : "--other";

function flatSlices(data: Balance, node: number, colour: string): Slice[] | null {
	const items = data.items.filter((i) => i.role === "flat" && !i.is_subtracted && i.node === node && i.value !== null);
	if (items.length === 0 || items.length > MOST_FLATS) {
		return null;
	}
	return items
		.map((i) => ({ key: `f${i.channel}`, name: i.place.name, short: shortName(i.place.name), value: i.value ?? 0, colour, href: i.channel === null ? undefined : `/channels/${i.channel}` }))
		.sort((a, b) => b.value - a.value);
}

export function BalanceFlow({ data }: { data: Balance }) {
	const t = useText();
	const house = data.nodes[0];
	const colour = quantityLook(data.resource.code).colour;
	if (!house) {
		return null;
	}
	const c = house.total;
	const groups = data.nodes.filter((n) => n.parent === house.place.id && through(n) > 0);
	const loss = Math.max(0, c.imbalance ?? 0);
	const rest: Slice[] = [
		{ key: "norm", name: t.balance.norm, value: c.norm.value ?? 0, colour: "--q-missing" },
		{ key: "common", name: t.balance.common, value: c.common.value ?? 0, colour: "--gauge" },
		{ key: "loss", name: t.balance.imbalance, value: loss, colour: lossColour(house), isLoss: true },
	];
	const grouped = groups.reduce((sum, n) => sum + through(n), 0);
	const own = Math.max(0, (c.flats.value ?? 0) - groups.reduce((sum, n) => sum + (n.has_input ? through(n) : n.total.flats.value ?? 0), 0));
	const first: Slice[] = groups.length > 1
		? [...groups.map((n) => ({ key: `n${n.place.id}`, name: n.place.name, value: n.has_input ? through(n) : n.total.flats.value ?? 0, colour })),
			{ key: "own", name: t.balance.flats, value: own > 1e-9 ? own : 0, colour }]
		: [{ key: "flats", name: t.balance.flats, value: c.flats.value ?? 0, colour }];
	const whole = Math.max(c.input.value ?? 0, grouped + own, first.concat(rest).reduce((sum, s) => sum + s.value, 0));
	if (!(whole > 0)) {
		return null;
	}
	return (
		<section class="sheet" aria-label={t.balance.flow}>
			<header><h2>{t.balance.flow}</h2></header>
			<div class="flow">
				<Row data={data} title={house.has_input ? t.balance.input : t.balance.counted} slices={[...first, ...rest]} whole={whole} />
				{[...(groups.length > 0 ? groups : [house])].map((n) => {
					const slices = flatSlices(data, n.place.id, colour);
					const left = n.has_input && n !== house ? Math.max(0, n.total.imbalance ?? 0) : 0;
					return slices ? (
						<Row
							key={n.place.id} data={data} title={n.place.name} whole={whole}
							slices={left > 0 ? [...slices, { key: "loss", name: t.balance.imbalance, value: left, colour: lossColour(n), isLoss: true }] : slices}
						/>
					) : null;
				})}
			</div>
		</section>
	);
}
