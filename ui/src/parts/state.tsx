/*
 * state.tsx - state as icon, word and colour
 */
import { useText } from "~/i18n/text";
import { Icon, type IconName } from "./icon";

export type Health = "unknown" | "ok" | "disabled" | "warning" | "silent" | "failed";
export type Tone = "ok" | "warning" | "bad" | "idle" | "info";

export const HEALTH_TONE: Record<Health, Tone> = {
	unknown: "idle",
	ok: "ok",
	disabled: "idle",
	warning: "warning",
	silent: "bad",
	failed: "bad",
};

/* For sorting: what needs a person first comes first. */
export const HEALTH_ORDER: Record<Health, number> = {
	failed: 0, silent: 1, warning: 2, unknown: 3, ok: 4, disabled: 5,
};

export const asHealth = (text: string | undefined): Health =>
	text !== undefined && text in HEALTH_TONE ? (text as Health) : "unknown";

export function State(props: { tone: Tone; icon: IconName; text: string; isPlain?: boolean }) {
	return (
		<span class={`state is-${props.tone}${props.isPlain ? " plain" : ""}`}>
			<Icon name={props.icon} />
			{props.text}
		</span>
	);
}

export function HealthState(props: { health: string | undefined; isPlain?: boolean }) {
	const t = useText();
	const health = asHealth(props.health);
	return <State tone={HEALTH_TONE[health]} icon={health} text={t.health[health]} isPlain={props.isPlain} />;
}
