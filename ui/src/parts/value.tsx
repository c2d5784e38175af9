/*
 * value.tsx - numbers on pages: value and unit, live values, totals with their completeness
 */
import { useJustChanged, useLiveChannel } from "~/api/live";
import type { ChannelSummary, Quantity, Total, Unit } from "~/api/types";
import { formatNumber, formatShare } from "~/format/number";
import { formatTime } from "~/format/time";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { decimalsFor } from "./quantity";

export function Amount(props: { value: number | null; quantity: Quantity; unit: Unit; hasUnit?: boolean }) {
	const lang = useLang();
	return (
		<>
			{formatNumber(props.value, decimalsFor(props.quantity, props.unit.symbol), lang)}
			{props.hasUnit && props.value !== null ? <span class="unit">{unitName(props.unit, lang)}</span> : null}
		</>
	);
}

/* What the meter says now; flashes when it changes. */
export function LiveAmount(props: { channel: ChannelSummary; zone: string; hasUnit?: boolean }) {
	const lang = useLang();
	const { channel } = props;
	const live = useLiveChannel(channel.id, channel.last);
	const isFresh = useJustChanged(live?.utc);
	return (
		<span
			class={`live${isFresh ? " live-changed" : ""}`}
			data-live={channel.id}
			title={live ? formatTime(live.utc, props.zone, lang) : undefined}
		>
			<Amount value={live?.value ?? null} quantity={channel.quantity} unit={channel.unit} hasUnit={props.hasUnit} />
		</span>
	);
}

/* A sum or mean; in a column followed by a mark when something is missing from it or not measured. */
export function TotalAmount(props: {
	total: Total | null; quantity: Quantity; unit: Unit; hasUnit?: boolean; hasNoMark?: boolean;
}) {
	const { total } = props;
	return (
		<>
			<Amount value={total?.value ?? null} quantity={props.quantity} unit={props.unit} hasUnit={props.hasUnit} />
			{props.hasNoMark ? null : <TrustMark total={total} />}
		</>
	);
}

/* Room for the mark is always kept, so that digits stay in one column. */
export function TrustMark({ total }: { total: Total | null }) {
	const t = useText();
	const lang = useLang();
	if (!total || total.value === null) {
		return <span class="trust" />;
	}
	const isWhole = total.completeness === null || total.completeness >= 1;
	const isFirm = ["MEASURED", "CALCULATED", "INTERPOLATED"].includes(total.quality);
	if (isWhole && isFirm) {
		return <span class="trust" />;
	}
	const words = [
		isWhole ? "" : t.completeOf(formatShare(total.completeness, lang)),
		isFirm || total.quality === "MISSING" ? "" : t.quality[total.quality],
	].filter((w) => w !== "").join(", ");
	return (
		<span class="trust" title={words}>
			<span aria-hidden="true">{isWhole ? "≈" : "◔"}</span>
			<span class="hidden-label">{words}</span>
		</span>
	);
}

/* How much of the time is covered by values. */
export function Completeness({ share }: { share: number | null }) {
	const t = useText();
	const lang = useLang();
	const tone = share === null ? "idle" : share >= 0.995 ? "ok" : share >= 0.95 ? "warning" : "bad";
	return (
		<span class={`completeness is-${tone}`} title={t.completeOf(formatShare(share, lang))}>
			<span class="completeness-bar" aria-hidden="true"><i style={{ width: `${(share ?? 0) * 100}%` }} /></span>
			{formatShare(share, lang)}
		</span>
	);
}
