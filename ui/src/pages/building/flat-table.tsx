/*
 * flat-table.tsx - every flat of the building: readings live, or what was used today or this month
 */
import type { ChannelSummary } from "~/api/types";
import { navigate, withQuery, type Route } from "~/app/route";
import { plainNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { decimalsFor, quantityName } from "~/parts/quantity";
import { Segmented } from "~/parts/segmented";
import { HealthState } from "~/parts/state";
import { LiveAmount, TotalAmount } from "~/parts/value";
import { channelsOf, flatValue, type Column, type Layout, type Span } from "./layout";

function Value({ channel, span, zone }: { channel: ChannelSummary; span: Span; zone: string }) {
	return span === "now" || channel.quantity.kind !== "counter"
		? <><LiveAmount channel={channel} zone={zone} /><span class="trust" /></>
		: <TotalAmount total={channel[span]} quantity={channel.quantity} unit={channel.unit} />;
}

export function FlatTable({ layout, route, zone }: { layout: Layout; route: Route; zone: string }) {
	const t = useText();
	const lang = useLang();
	const wanted = route.query.get("show");
	const span: Span = wanted === "today" || wanted === "month" ? wanted : "now";
	const head = (c: Column): string => `${quantityName(c.quantity, lang)}, ${unitName(c.unit, lang)}`;
	const asRows = (): string[][] => [
		[t.building.place, ...layout.columns.map(head), t.building.state],
		...layout.flats.map((f) => [
			f.place.name,
			...layout.columns.map((c) => plainNumber(flatValue(f, c, span), decimalsFor(c.quantity, c.unit.symbol), lang)),
			t.health[f.health],
		]),
	];
	return (
		<section class="sheet" id="flats">
			<header>
				<h2>{t.building.flats}</h2>
				<Segmented<Span>
					label={t.building.show}
					options={[
						{ value: "now", text: t.building.now },
						{ value: "today", text: t.building.today },
						{ value: "month", text: t.building.month },
					]}
					value={span}
					onChange={(show) => navigate(withQuery({ show }), "replace")}
				/>
				<CopyTable name={`flats-${span}`} rows={asRows} />
			</header>
			<div class="scroll">
				<table class="sticky-first flat-table">
					<thead>
						<tr>
							<th scope="col">{t.building.place}</th>
							{layout.columns.map((c) => (
								<th scope="col" class="number" key={c.key}>
									{quantityName(c.quantity, lang)}<span class="unit">{unitName(c.unit, lang)}</span>
								</th>
							))}
							<th scope="col">{t.building.state}</th>
						</tr>
					</thead>
					<tbody>
						{layout.flats.map((f, i) => (
							<tr key={f.place.id} class={i > 0 && layout.flats[i - 1]?.floor !== f.floor ? "new-floor" : ""}>
								<th scope="row">
									{f.place.name}
									{f.floor !== 0 ? <span class="muted small flat-floor">{t.building.floorShort(f.floor)}</span> : null}
								</th>
								{layout.columns.map((c) => {
									const channels = channelsOf(f, c);
									return (
										<td class="number" key={c.key}>
											{channels.length === 0 ? <span class="muted">·</span> : channels.map((channel) => (
												<a class="cell" key={channel.id} href={`/channels/${channel.id}`}>
													<Value channel={channel} span={span} zone={zone} />
												</a>
											))}
										</td>
									);
								})}
								<td><HealthState health={f.health} isPlain /></td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}
