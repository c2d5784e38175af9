/*
 * registers.tsx - what the meter reports, and the channels made of it
 *
 * Registers appear by themselves with the first answer. One button makes a channel and binds it, with
 * quantity, unit and place already right: the last step of "the first meter in five minutes".
 */
import { useState } from "preact/hooks";
import { post } from "~/api/client";
import { nodeNow } from "~/api/clock";
import { quantityOf, unitCode, unitText } from "~/api/reference";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { Last, Meter, Register } from "~/api/types";
import { abnormalCauses } from "~/format/abnormal";
import { formatNumber } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Age } from "~/parts/age";
import { Icon } from "~/parts/icon";
import { Busy, Empty, Notice, ProblemNotice } from "~/parts/notice";
import { quantityName } from "~/parts/quantity";
import { QualityMark } from "~/parts/quality-mark";

/* Only what is measured is worth a channel; serial numbers and states are not. */
function canFeed(r: Register): boolean {
	const kind = quantityOf(r.quantity)?.kind;
	return (kind === "counter" || kind === "gauge") && !r.is_ignored;
}

const AMOUNT = ".amount";
type Row = { shown: Register; source: Register };

/* What the meter resolves, or, where it does not say, what is usual of the quantity. */
function decimalsOf(r: Register): number {
	const quantity = quantityOf(r.quantity);
	if (quantity?.kind === "state") {
		return 0;
	}
	return r.decimals >= 0 ? r.decimals : quantity?.decimals ?? 3;
}

async function makeChannel(register: Register, meter: Meter): Promise<void> {
	const quantity = quantityOf(register.quantity);
	const channel = await post("/channels", {}, {
		place: meter.place,
		quantity: register.quantity,
		/* the quantity's usual unit where the meter's converts to it; the node refuses otherwise */
		unit: quantity ? unitCode(quantity.unit.symbol) : register.unit,
	});
	await post("/bindings", {}, {
		channel: channel.id, register: register.id, from_utc: null, till_utc: null, multiplier: 1,
	});
}

export function Registers(props: { meter: Meter; last: Last[] | null; zone: string; onChange: () => void }) {
	const t = useText();
	const lang = useLang();
	const rights = useRights();
	const registers = useGet("/registers", { meter: props.meter.id }, 10);
	const bindings = useGet("/bindings");
	const channels = useGet("/channels");
	const [busy, setBusy] = useState<ReadonlySet<number>>(new Set());
	const [problem, setProblem] = useState<unknown>(null);

	const lastOf = new Map((props.last ?? []).map((l) => [l.register, l]));
	const now = nodeNow();
	const feeds = (r: Register): number[] => (bindings.data?.items ?? [])
		.filter((b) => b.register === r.id && (b.till_utc === null || b.till_utc > now))
		.map((b) => b.channel);
	const make = async (which: Register[]) => {
		setProblem(null);
		setBusy(new Set(which.map((r) => r.id)));
		try {
			for (const r of which) {
				await makeChannel(r, props.meter);
			}
		} catch (e) {
			setProblem(e);
		}
		setBusy(new Set());
		registers.reload();
		bindings.reload();
		channels.reload();
		props.onChange();
	};
	if (!registers.data) {
		return registers.problem ? <ProblemNotice problem={registers.problem} retry={registers.reload} /> : <Busy />;
	}
	const items = registers.data.items;
	const amountOf = new Map(items.filter((r) => r.key.endsWith(AMOUNT)).map((r) => [r.key, r]));
	const keys = new Set(items.map((r) => r.key));
	/* a counter and what its archive says of it are one row; a channel is fed from the archive */
	const rows = items.filter((r) => !(r.key.endsWith(AMOUNT) && keys.has(r.key.slice(0, -AMOUNT.length))))
		.map((r) => ({ shown: r, source: amountOf.get(r.key + AMOUNT) ?? r }));
	const fedBy = (row: Row): number[] => [...new Set([...feeds(row.shown), ...feeds(row.source)])];
	const free = bindings.data ? rows.filter((row) => canFeed(row.source) && fedBy(row).length === 0).map((row) => row.source) : [];
	const abnormal = [...new Set(items
		.filter((r) => r.quantity === "abnormal")
		.flatMap((r) => abnormalCauses(lastOf.get(r.id)?.value ?? 0, t)))];
	const mayMake = rights.setup_devices && rights.setup_places && props.meter.place !== 0;
	return (
		<section class="sheet">
			<header>
				<h2>{t.meter.registers}</h2>
				{mayMake && free.length > 1
					? <button type="button" class="button" disabled={busy.size > 0} onClick={() => void make(free)}><Icon name="link" />{t.meter.makeAll(free.length)}</button>
					: null}
			</header>
			{abnormal.length > 0 ? (
				<div class="trace-problem"><Notice tone="warning" title={`${t.meter.abnormal}: ${abnormal.join(", ")}`} /></div>
			) : null}
			{problem ? <div class="trace-problem"><ProblemNotice problem={problem} /></div> : null}
			{items.length === 0 ? <Empty title={t.meter.noRegisters}>{t.meter.noRegistersText}</Empty> : (
				<div class="scroll">
					<table>
						<thead>
							<tr>
								<th scope="col">{t.meter.quantity}</th>
								<th scope="col" class="wide-only">{t.meter.register}</th>
								<th scope="col" class="number">{t.meter.value}</th>
								<th scope="col" class="wide-only">{t.channel.quality}</th>
								<th scope="col">{t.meter.age}</th>
								<th scope="col">{t.meter.feeds}</th>
							</tr>
						</thead>
						<tbody>
							{rows.map((row) => {
								const r = row.shown;
								const value = lastOf.get(r.id);
								const quantity = quantityOf(r.quantity);
								const fed = fedBy(row);
								return (
									<tr key={r.id} class={r.is_ignored ? "ignored" : ""}>
										<td>
											{quantity ? quantityName(quantity, lang) : r.quantity}
											<div class="narrow-only mono muted">{r.key}</div>
										</td>
										<td class="mono wide-only">{r.key}</td>
										<td class="number" data-live={`r${r.id}`}>
											{!value
												? "—"
												: r.quantity === "abnormal" && value.value !== null
													? abnormalCauses(value.value, t).join(", ") || t.meter.normal
													: formatNumber(value.value, decimalsOf(r), lang)}
											<span class="unit">{unitText(r.unit, lang)}</span>
										</td>
										<td class="wide-only">{value ? <QualityMark quality={value.quality} /> : null}</td>
										<td>{value ? <Age utc={value.utc} zone={props.zone} /> : null}</td>
										<td>
											{fed.length > 0
												? fed.map((c) => <a key={c} href={`/channels/${c}`} class="feeds">{t.meter.channel(c)}</a>)
												: mayMake && canFeed(row.source) && bindings.data
													? (
														<button type="button" class="button bare" disabled={busy.size > 0} onClick={() => void make([row.source])}>
															<Icon name="plus" />{t.meter.make}
														</button>
													)
													: null}
										</td>
									</tr>
								);
							})}
						</tbody>
					</table>
				</div>
			)}
			{rights.setup_devices && props.meter.place === 0 && free.length > 0
				? <p class="muted small registers-hint">{t.meter.placeFirst}</p>
				: null}
		</section>
	);
}
