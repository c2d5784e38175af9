/*
 * preview.tsx - what saving a form would do to the archive, before it is saved
 */
import { useState } from "preact/hooks";
import { post } from "~/api/client";
import { useGet } from "~/api/use-get";
import { formatNumber } from "~/format/number";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { periodText } from "~/pages/channel/period-text";
import { Icon } from "~/parts/icon";
import { Notice, ProblemNotice } from "~/parts/notice";
import { decimalsOver, quantityName } from "~/parts/quantity";
import { QualityMark } from "~/parts/quality-mark";
import type { Draft, Kind } from "./kinds";

const NAMES: Partial<Record<Kind, string>> = {
	places: "place", channels: "channel", bindings: "binding", formulas: "formula", parameters: "parameter",
};
export const hasPreview = (kind: Kind): boolean => kind in NAMES;

type Answer = Awaited<ReturnType<typeof ask>>;
const ask = (kind: Kind, id: number | null, object: Draft) => post("/recompute/preview", {}, {
	changes: [{ kind: NAMES[kind]!, object: (id === null ? object : { ...object, id }) as Record<string, never> }],
	period: "month",
});

function Differences({ answer, zone }: { answer: Answer; zone: string }) {
	const t = useText();
	const lang = useLang();
	const places = useGet("/places");
	const placeName = new Map((places.data?.items ?? []).map((p) => [p.id, p.name]));
	const { counts } = answer;
	if (counts.hour + counts.half_hour + counts.day + counts.month === 0) {
		return <Notice tone="ok" title={t.preview.nothing} />;
	}
	return (
		<>
			<p>{t.preview.counts(counts.hour + counts.half_hour, counts.day, counts.month)}</p>
			<div class="scroll">
				<table class="preview">
					<thead>
						<tr>
							<th>{t.fields.channel}</th><th>{t.preview.month}</th><th class="number">{t.preview.before}</th>
							<th class="number">{t.preview.after}</th><th class="number">{t.preview.difference}</th><th>{t.preview.quality}</th>
						</tr>
					</thead>
					<tbody>
						{answer.changes.map((c) => {
							const decimals = decimalsOver(c.quantity, c.unit.symbol, [c.before.value, c.after.value]);
							const both = c.before.value !== null && c.after.value !== null ? c.after.value - c.before.value : null;
							return (
								<tr key={`${c.channel}/${c.start}`}>
									<th scope="row"><a href={`/channels/${c.channel}`}>{c.name || quantityName(c.quantity, lang)}</a>
										<div class="muted small">{placeName.get(c.place) ?? ""}</div></th>
									<td>{periodText(c.start, "month", zone, lang)}
										{c.is_closed ? <div class="doubtful small">{t.preview.closed}</div> : null}</td>
									<td class="number">{formatNumber(c.before.value, decimals, lang)}</td>
									<td class="number">{formatNumber(c.after.value, decimals, lang)} <span class="unit">{unitName(c.unit, lang)}</span></td>
									<td class="number">{both !== null && both > 0 ? "+" : ""}{formatNumber(both, decimals, lang)}</td>
									<td><QualityMark quality={c.after.quality} /></td>
								</tr>
							);
						})}
					</tbody>
				</table>
			</div>
			{answer.is_cut ? <p class="muted">{t.preview.cut}</p> : null}
		</>
	);
}

/* `read` gives what would be sent, or null while the form has faults. */
export function Preview(props: { kind: Kind; id: number | null; zone: string; read: () => Draft | null }) {
	const t = useText();
	const [answer, setAnswer] = useState<Answer | null>(null);
	const [problem, setProblem] = useState<unknown>(null);
	const [isBusy, setBusy] = useState(false);
	const look = async () => {
		const object = props.read();
		setAnswer(null);
		setProblem(null);
		if (!object) {
			return;
		}
		setBusy(true);
		try {
			setAnswer(await ask(props.kind, props.id, object));
		} catch (e) {
			setProblem(e);
		}
		setBusy(false);
	};
	return (
		<div class="preview-part">
			<button type="button" class="button" disabled={isBusy} onClick={() => void look()}>
				<Icon name="search" />{isBusy ? t.preview.busy : t.preview.look}
			</button>
			<p class="help">{t.preview.help}</p>
			{problem ? <ProblemNotice problem={problem} /> : null}
			{answer ? <Differences answer={answer} zone={props.zone} /> : null}
		</div>
	);
}
