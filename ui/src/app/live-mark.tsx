/*
 * live-mark.tsx - whether what is on the page is live
 */
import { link } from "~/api/live";
import { useText } from "~/i18n/text";
import { State } from "~/parts/state";
import { useCell } from "./cell";

export function LiveMark() {
	const t = useText();
	const l = useCell(link);
	const text = l.is === "live" ? t.banner.live : l.is === "cut" ? t.banner.cut : t.banner.connecting;
	return (
		<span class="live-mark" title={text} role="status">
			<State
				isPlain
				tone={l.is === "live" ? "ok" : l.is === "cut" ? "bad" : "idle"}
				icon={l.is === "cut" ? "silent" : "live"}
				text=""
			/>
			<span class="live-text small muted">{text}</span>
		</span>
	);
}
