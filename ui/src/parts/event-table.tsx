/*
 * event-table.tsx - what happened, newest first
 */
import type { Event } from "~/api/types";
import { eventName } from "~/format/event";
import { formatSeconds } from "~/format/time";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import "./event-table.css";

const PAGES: Record<string, (id: number) => string> = {
	place: (id) => `/buildings/${id}`,
	line: (id) => `/lines/${id}`,
	meter: (id) => `/meters/${id}`,
	channel: (id) => `/channels/${id}`,
};

export function EventTable(props: { events: readonly Event[]; zone: string; hasObject: boolean }) {
	const t = useText();
	const lang = useLang();
	return (
		<div class="scroll">
			<table class="event-table">
				<thead>
					<tr>
						<th scope="col">{t.events.when}</th>
						{props.hasObject ? <th scope="col">{t.events.object}</th> : null}
						<th scope="col">{t.events.what}</th>
						<th scope="col">{t.events.text}</th>
					</tr>
				</thead>
				<tbody>
					{props.events.map((e) => {
						const page = e.object_kind ? PAGES[e.object_kind] : undefined;
						return (
							<tr key={e.id}>
								<td class="event-when">{formatSeconds(e.utc, props.zone, lang)}</td>
								{props.hasObject ? (
									<td>{e.object === 0 ? <span class="muted">{t.events.node}</span> : page ? <a href={page(e.object)}>{e.object_name || e.object}</a> : e.object_name}</td>
								) : null}
								<td>{eventName(e.code, t.eventCodes)}</td>
								<td class="muted">{e.text}</td>
							</tr>
						);
					})}
				</tbody>
			</table>
		</div>
	);
}
