/*
 * checks.tsx - the queue of doubtful values of a building: what is wrong, and what a person makes of it
 *
 * Keys: arrows up and down go from line to line, Enter opens and closes one.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { calendarOf } from "~/api/archive";
import { useGet } from "~/api/use-get";
import type { Verdict } from "~/api/types";
import { navigate, withQuery } from "~/app/route";
import { plainNumber } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { Icon } from "~/parts/icon";
import { Busy, Empty, Notice, ProblemNotice } from "~/parts/notice";
import { channelName, decimalsFor, quantityLook } from "~/parts/quantity";
import { Segmented } from "~/parts/segmented";
import { State } from "~/parts/state";
import { periodText } from "~/pages/channel/period-text";
import type { SectionProps } from "~/pages/building/sections";
import { Decide } from "./decide";
import { Rules } from "./rules";
import { doubtText } from "./words";
import "./checks.css";

type Shown = "open" | "decided";

const placeOf = (v: Verdict): string => v.path.slice(1).map((p) => p.name).join(", ") || (v.path[0]?.name ?? "");

/* The same doubt about the same meter, or where there is none, channel. */
const isSame = (a: Verdict, b: Verdict): boolean =>
	a.id !== b.id && a.rule === b.rule && b.may_decide && (a.meter !== 0 ? a.meter === b.meter : a.channel === b.channel);

function Mark({ v }: { v: Verdict }) {
	const t = useText();
	if (v.is_waiting) {
		return <State tone="info" icon="user" text={t.checks.waiting} />;
	}
	if (v.state !== "open") {
		return <State tone="idle" icon={v.state === "rejected" ? "close" : "ok"} text={t.checks.states[v.state]} isPlain />;
	}
	return v.is_failure
		? <State tone="bad" icon="failed" text={t.checks.failure} />
		: <State tone="warning" icon="warning" text={t.checks.warning} />;
}

function Line(props: { v: Verdict; zone: string; isOpen: boolean; onToggle: () => void }) {
	const t = useText();
	const lang = useLang();
	const { v, zone } = props;
	const look = quantityLook(v.quantity.code);
	return (
		<button type="button" class="check-line" aria-expanded={props.isOpen} onClick={props.onToggle}>
			<Mark v={v} />
			<span class="check-what">
				<b>{doubtText(v, t, lang)}</b>
				<span class="small muted">{v.rule_text[lang]}</span>
			</span>
			<span class="check-where" style={{ "--resource": `var(${look.colour})` }}>
				<span><Icon name={look.icon} />{placeOf(v)}</span>
				<span class="small muted">{channelName(v, lang)}</span>
			</span>
			<span class="check-when small">{periodText(v.start, v.period, zone, lang)}</span>
		</button>
	);
}

export function ChecksPage({ id, route }: SectionProps) {
	const t = useText();
	const lang = useLang();
	const shown: Shown = route.query.get("state") === "decided" ? "decided" : "open";
	const { data, problem, reload } = useGet("/verdicts", { place: id, state: shown }, 30);
	const place = useGet("/places/{id}/summary", { id });
	const [done, setDone] = useState(0);
	const list = useRef<HTMLUListElement>(null);
	const at = Number(route.query.get("at") ?? 0);
	const items = data?.items ?? [];
	const zone = place.data ? calendarOf(place.data.calendar).zone : "UTC";
	const open = (v: Verdict | null) => navigate(withQuery({ at: v === null ? null : String(v.id) }), "replace");

	useEffect(() => {
		const move = (e: KeyboardEvent) => {
			if (e.key !== "ArrowDown" && e.key !== "ArrowUp") {
				return;
			}
			const lines = [...(list.current?.querySelectorAll<HTMLElement>(".check-line") ?? [])];
			const now = lines.indexOf(document.activeElement as HTMLElement);
			const next = lines[now + (e.key === "ArrowDown" ? 1 : -1)];
			if (now >= 0 && next) {
				e.preventDefault();
				next.focus();
			}
		};
		window.addEventListener("keydown", move);
		return () => window.removeEventListener("keydown", move);
	}, []);

	const decided = (index: number, n: number) => {
		setDone(n);
		open(items[index + 1] ?? null);
		reload();
	};
	return (
		<>
			<div class="channel-controls">
				<Segmented<Shown>
					label={t.checks.state}
					options={[{ value: "open", text: t.checks.open(shown === "open" && data ? data.total : null) }, { value: "decided", text: t.checks.decided }]}
					value={shown}
					onChange={(s) => navigate(withQuery({ state: s === "open" ? null : s, at: null }))}
				/>
				{items.length > 0 ? (
					<CopyTable
						name="checks"
						rows={() => [
							[t.checks.rule, t.checks.place, t.checks.channel, t.channel.interval, t.checks.value, t.checks.what, t.checks.state],
							...items.map((v) => [v.rule, placeOf(v), channelName(v, lang), periodText(v.start, v.period, zone, lang),
								plainNumber(v.value, decimalsFor(v.quantity, v.unit.symbol), lang), doubtText(v, t, lang), t.checks.states[v.state]]),
						]}
					/>
				) : null}
			</div>
			{problem ? <ProblemNotice problem={problem} retry={reload} /> : null}
			{done > 0 ? <Notice tone="ok" title={t.checks.done(done)}>{t.checks.doneText}</Notice> : null}
			{!data ? (problem ? null : <Busy />) : items.length === 0 ? (
				<Empty title={shown === "open" ? t.checks.none : t.checks.noneDecided}>{shown === "open" ? t.checks.noneText : t.checks.noneDecidedText}</Empty>
			) : (
				<section class="sheet" aria-label={t.checks.section}>
					{shown === "open" && data.failures > 0 ? <p class="small check-lead">{t.checks.lead(data.failures)}</p> : null}
					<ul ref={list} class="check-list">
						{items.map((v, i) => (
							<li key={v.id} class={v.id === at ? "is-open" : ""}>
								<Line v={v} zone={zone} isOpen={v.id === at} onToggle={() => open(v.id === at ? null : v)} />
								{v.id === at
									? <Decide verdict={v} same={items.filter((x) => isSame(v, x))} zone={zone} onDone={(n) => decided(i, n)} />
									: null}
							</li>
						))}
					</ul>
					{data.total > items.length ? <p class="small muted check-lead">{t.checks.more(data.total - items.length)}</p> : null}
				</section>
			)}
			<Rules place={id} />
		</>
	);
}
