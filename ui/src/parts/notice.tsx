/*
 * notice.tsx - what to say when there is nothing, not yet, or something went wrong
 */
import type { ComponentChildren } from "preact";
import { problemOf, type Problem } from "~/api/client";
import { useText } from "~/i18n/text";
import { Icon, type IconName } from "./icon";

export function Notice(props: {
	tone: "ok" | "warning" | "bad" | "info";
	icon?: IconName;
	title: string;
	children?: ComponentChildren;
	actions?: ComponentChildren;
}) {
	const icons: Record<string, IconName> = { ok: "ok", warning: "warning", bad: "failed", info: "unknown" };
	return (
		<div class={`notice is-${props.tone}`} role={props.tone === "bad" ? "alert" : "status"}>
			<Icon name={props.icon ?? icons[props.tone] ?? "unknown"} />
			<div>
				<strong>{props.title}</strong>
				{props.children ? <div>{props.children}</div> : null}
				{props.actions ? <div class="actions">{props.actions}</div> : null}
			</div>
		</div>
	);
}

/* What happened, where, and what to check. */
export function ProblemNotice(props: { problem: unknown; retry?: () => void }) {
	const t = useText();
	const p: Problem = problemOf(props.problem, t);
	return (
		<Notice
			tone="bad"
			title={p.what}
			actions={props.retry
				? <button type="button" class="button" onClick={props.retry}><Icon name="refresh" />{t.retry}</button>
				: null}
		>
			{p.detail ? <p>{p.detail}</p> : null}
			{p.check ? <p class="muted">{t.error.check}: {p.check}</p> : null}
		</Notice>
	);
}

export function Empty(props: { title: string; children?: ComponentChildren; actions?: ComponentChildren }) {
	return (
		<div class="empty">
			<h2>{props.title}</h2>
			{props.children ? <p>{props.children}</p> : null}
			{props.actions ? <div class="actions">{props.actions}</div> : null}
		</div>
	);
}

export function Busy() {
	const t = useText();
	return <p class="busy" role="status">{t.loading}</p>;
}
