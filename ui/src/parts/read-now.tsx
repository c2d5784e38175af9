/*
 * read-now.tsx - ask a meter now, ahead of everything, and say what came of it
 */
import { useState } from "preact/hooks";
import { post, problemOf } from "~/api/client";
import { useText } from "~/i18n/text";
import { Icon } from "./icon";

type State = { is: "idle" } | { is: "busy" } | { is: "done"; count: number } | { is: "failed"; problem: unknown };

export function ReadNow(props: { meter: number; isMain?: boolean; onDone?: () => void }) {
	const t = useText();
	const [state, setState] = useState<State>({ is: "idle" });
	const read = async () => {
		setState({ is: "busy" });
		try {
			const answer = await post("/meters/{id}/read", { id: props.meter });
			setState({ is: "done", count: answer.items.length });
			props.onDone?.();
		} catch (problem) {
			setState({ is: "failed", problem });
		}
	};
	const failed = state.is === "failed" ? problemOf(state.problem, t) : null;
	return (
		<span class="read-now">
			<button type="button" class={`button${props.isMain ? " main" : ""}`} disabled={state.is === "busy"} onClick={() => void read()}>
				<Icon name="refresh" />{state.is === "busy" ? t.lines.reading : t.lines.readNow}
			</button>
			<span class="small" role="status">
				{state.is === "done" ? <span class="is-ok said">{t.lines.readDone(state.count)}</span> : null}
				{failed ? (
					<span class="is-bad said">
						{failed.what}{failed.check ? <span class="muted"> · {t.error.check}: {failed.check}</span> : null}
					</span>
				) : null}
			</span>
		</span>
	);
}
