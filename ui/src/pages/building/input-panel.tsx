/*
 * input-panel.tsx - the supply input, or any place that is no flat: gauges live, counters with totals
 */
import type { ChannelSummary, PlaceNode } from "~/api/types";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { channelName } from "~/parts/quantity";
import { HealthState } from "~/parts/state";
import { LiveAmount, TotalAmount } from "~/parts/value";
import { worstHealth } from "./layout";

function Gauge({ channel, zone }: { channel: ChannelSummary; zone: string }) {
	const lang = useLang();
	return (
		<li>
			<a href={`/channels/${channel.id}`}>
				<span class="gauge-name">{channelName(channel, lang)}</span>
				<span class="gauge-value"><LiveAmount channel={channel} zone={zone} hasUnit /></span>
			</a>
		</li>
	);
}

export function InputPanel({ place, zone }: { place: PlaceNode; zone: string }) {
	const t = useText();
	const lang = useLang();
	const counters = place.channels.filter((c) => c.quantity.kind === "counter");
	const gauges = place.channels.filter((c) => c.quantity.kind !== "counter");
	const isComputed = place.channels.every((c) => c.meter === null);
	return (
		<section class="sheet">
			<header>
				<h2>{place.kind !== "building" ? place.name : isComputed ? t.building.computed : t.building.input}</h2>
				{isComputed ? null : <HealthState health={worstHealth(place.channels)} />}
			</header>
			<div class="input-panel">
				{gauges.length > 0 ? (
					<ul class="gauges">{gauges.map((c) => <Gauge key={c.id} channel={c} zone={zone} />)}</ul>
				) : null}
				{counters.length > 0 ? (
					<div class="scroll">
						<table class="input-counters">
							<thead>
								<tr>
									<th scope="col">{t.building.counter}</th>
									<th scope="col" class="number">{t.building.now}</th>
									<th scope="col" class="number">{t.building.today}</th>
									<th scope="col" class="number">{t.building.month}</th>
									<th scope="col">{t.building.unit}</th>
								</tr>
							</thead>
							<tbody>
								{counters.map((c) => (
									<tr key={c.id}>
										<th scope="row"><a href={`/channels/${c.id}`}>{channelName(c, lang)}</a></th>
										<td class="number"><LiveAmount channel={c} zone={zone} /></td>
										<td class="number"><TotalAmount total={c.today} quantity={c.quantity} unit={c.unit} /></td>
										<td class="number"><TotalAmount total={c.month} quantity={c.quantity} unit={c.unit} /></td>
										<td class="muted">{unitName(c.unit, lang)}</td>
									</tr>
								))}
							</tbody>
						</table>
					</div>
				) : null}
			</div>
		</section>
	);
}
