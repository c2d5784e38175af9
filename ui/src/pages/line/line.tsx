/*
 * line.tsx - one line: its state, its meters, and the bytes that passed on it
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { getText } from "~/api/client";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { LineState } from "~/api/types";
import { formatNumber } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Age } from "~/parts/age";
import { byUrgency, ErrorCell, LineUse, useLineStates, useMeterStates } from "~/parts/device-state";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { HealthState } from "~/parts/state";
import { useTitle } from "~/parts/title";
import { MeterTable } from "../lines/lines";
import "./line.css";

const TRACE_MS = 3000;

/* Each row with its direction; what goes on in the next row is indented. */
function rowsOf(text: string): { row: string; look: "out" | "in" | "note" }[] {
	let look: "out" | "in" | "note" = "note";
	return text.trimEnd().split("\n").map((row) => {
		look = row.startsWith(">") ? "out" : row.startsWith("<") ? "in" : /^\s/.test(row) ? look : "note";
		return { row, look };
	});
}

function Trace({ line }: { line: number }) {
	const t = useText();
	const [text, setText] = useState<string | null>(null);
	const [problem, setProblem] = useState<unknown>(null);
	const [isRunning, setRunning] = useState(true);
	useEffect(() => {
		if (!isRunning) {
			return undefined;
		}
		const load = () => getText("/lines/{id}/trace", { id: line }).then(
			(body) => { setText(body); setProblem(null); }, setProblem);
		void load();
		const timer = setInterval(() => void load(), TRACE_MS);
		return () => clearInterval(timer);
	}, [line, isRunning]);
	const box = useRef<HTMLPreElement>(null);
	const wasAtEnd = useRef(true);
	useEffect(() => {
		/* the newest rows stay in view unless the person scrolled up to read */
		if (box.current && wasAtEnd.current) {
			box.current.scrollTop = box.current.scrollHeight;
		}
	}, [text]);
	return (
		<section class="sheet">
			<header>
				<div>
					<h2>{t.lines.trace}</h2>
					<p class="small muted">{t.lines.traceHint}</p>
				</div>
				<button type="button" class="button" aria-pressed={!isRunning} onClick={() => setRunning(!isRunning)}>
					{isRunning ? t.lines.traceStop : t.lines.traceGo}
				</button>
			</header>
			{problem ? <div class="trace-problem"><ProblemNotice problem={problem} /></div> : null}
			{text === null ? problem ? null : <Busy /> : text.trim() === ""
				? <Empty title={t.lines.traceEmpty} />
				: (
					<pre
						class="trace mono"
						tabIndex={0}
						ref={box}
						onScroll={(e) => {
							const b = e.currentTarget;
							wasAtEnd.current = b.scrollTop + b.clientHeight >= b.scrollHeight - 4;
						}}
					>
						{rowsOf(text).map((r, i) => <span key={i} class={r.look}>{r.row}{"\n"}</span>)}
					</pre>
				)}
		</section>
	);
}

export function Counters({ counters }: { counters: LineState["counters"] }) {
	const t = useText();
	const lang = useLang();
	const c = counters;
	const rows: [string, number][] = [
		[t.counters.exchanges, c.exchanges], [t.counters.replies, c.replies], [t.counters.timeouts, c.timeouts],
		[t.counters.noises, c.noises], [t.counters.retries, c.retries], [t.counters.foreign, c.foreign],
		[t.counters.bytesOut, c.bytes_out], [t.counters.bytesIn, c.bytes_in], [t.counters.stale, c.stale_bytes],
	];
	return (
		<dl class="counters">
			{rows.map(([name, n]) => <div key={name}><dt>{name}</dt><dd>{formatNumber(n, 0, lang)}</dd></div>)}
			<div>
				<dt>{t.counters.rtt}</dt>
				<dd>{c.replies > 0 ? <>{formatNumber(c.last_rtt_us / 1000, 0, lang)}<span class="unit">{lang === "ru" ? "мс" : "ms"}</span></> : "—"}</dd>
			</div>
		</dl>
	);
}

export function LinePage({ id }: { id: number }) {
	const t = useText();
	const rights = useRights();
	const states = useLineStates();
	const meters = useMeterStates();
	const config = useGet("/lines/{id}", { id });
	const state = states.items?.find((l) => l.line === id);
	useTitle(config.data?.name, t.nav.lines);
	if (config.problem && !config.data) {
		return <ProblemNotice problem={config.problem} retry={config.reload} />;
	}
	if (!config.data) {
		return <Busy />;
	}
	const own = (meters.items ?? []).filter((m) => m.line === id).sort(byUrgency);
	const l = config.data;
	return (
		<>
			<header>
				<nav class="crumbs" aria-label={t.nav.label}><a href="/lines">{t.nav.lines}</a></nav>
				<h1>{l.name}</h1>
				{state ? <HealthState health={state.health} /> : null}
				{rights.setup_devices
					? <a class="button bare" href={`/setup/lines/${id}`}><Icon name="edit" />{t.edit}</a>
					: null}
			</header>
			<section class="sheet line-facts">
				<dl class="facts">
					{l.link ? <div><dt>{t.fields.link}</dt><dd class="mono">{l.link}</dd></div> : null}
					<div><dt>{t.fields.baud}</dt><dd>{l.baud || t.lines.ofDriver} {l.framing}</dd></div>
					{state ? <div><dt>{t.lines.use}</dt><dd><LineUse line={state} /></dd></div> : null}
					{state ? <div><dt>{t.lines.queue}</dt><dd>{state.queue}</dd></div> : null}
					{state?.error ? <div><dt>{t.lines.lastError} {state.error_utc ? <Age utc={state.error_utc} /> : null}</dt><dd><ErrorCell error={state.error} /></dd></div> : null}
				</dl>
				{state ? <Counters counters={state.counters} /> : null}
			</section>
			<section class="sheet">
				<header>
					<h2>{t.lines.meters}</h2>
					{rights.setup_devices
						? <a class="button" href={`/setup/meters/new?line=${id}`}><Icon name="plus" />{t.setup.addMeter}</a>
						: null}
				</header>
				{own.length > 0
					? <MeterTable meters={own} lineNames={new Map()} />
					: <Empty title={t.lines.noMeters}>{t.lines.noMetersText}</Empty>}
			</section>
			{rights.operate ? <Trace line={id} /> : null}
		</>
	);
}
