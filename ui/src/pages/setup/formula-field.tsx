/*
 * formula-field.tsx - a formula while it is written: what is wrong and where, or what it gives now
 *
 * The node is asked a moment after the last keystroke; it knows the channels, their units and the figures
 * in force, and tries the formula on the last finished interval. The text lies over a copy of itself in
 * which the wrong character is underlined.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { post, type PostAnswer } from "~/api/client";
import { placeZone, useSiteZone } from "~/api/site-zone";
import type { Channel, Period, Place } from "~/api/types";
import { useGet } from "~/api/use-get";
import { quantityOf, unitText } from "~/api/reference";
import { useLang, type Lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { periodText } from "~/pages/channel/period-text";
import { QualityMark } from "~/parts/quality-mark";
import { State } from "~/parts/state";
import { quantityName } from "~/parts/quantity";
import type { Draft } from "./kinds";
import "./formula-field.css";

type Verdict = PostAnswer<"/formulas/check">;

const PAUSE_MS = 300;
const natural = new Intl.Collator(undefined, { numeric: true });

/* The building a place stands in: its uppermost ancestor. */
function buildingOf(places: ReadonlyMap<number, Place>, place: number): number {
	for (let p = places.get(place); p; p = places.get(p.parent)) {
		if (!places.has(p.parent)) {
			return p.id;
		}
	}
	return 0;
}

/* What the node says about the text; null while it is being asked for the first time. */
function useVerdict(channel: number, period: Period, text: string, lang: Lang): { verdict: Verdict | null; problem: unknown } {
	const [state, setState] = useState<{ verdict: Verdict | null; problem: unknown }>({ verdict: null, problem: null });
	useEffect(() => {
		if (!channel || text.trim() === "") {
			setState({ verdict: null, problem: null });
			return undefined;
		}
		let isStale = false;
		const timer = setTimeout(() => {
			post("/formulas/check", {}, { channel, period, text, lang }).then(
				(verdict) => isStale || setState({ verdict, problem: null }),
				(problem: unknown) => isStale || setState({ verdict: null, problem }));
		}, PAUSE_MS);
		return () => {
			isStale = true;
			clearTimeout(timer);
		};
	}, [channel, period, text, lang]);
	return state;
}

function VerdictLine({ verdict, period, zone }: { verdict: Verdict; period: Period; zone: string }) {
	const t = useText();
	const lang = useLang();
	const { error, trial } = verdict;
	if (error) {
		return (
			<div class="formula-verdict" role="status">
				<State tone="bad" icon="failed" text={t.formula.wrong(error.column + 1)} />
				<p>{error.text}</p>
			</div>
		);
	}
	if (!trial) {
		return <div class="formula-verdict" role="status"><State tone="ok" icon="ok" text={t.formula.good} /><p>{t.formula.hidden}</p></div>;
	}
	const isMissing = trial.value === null;
	return (
		<div class="formula-verdict" role="status">
			<State
				tone={isMissing ? "warning" : "ok"}
				icon={isMissing ? "warning" : "ok"}
				text={trial.fault ? t.formula.faulty : isMissing ? t.formula.missing : t.formula.good}
			/>
			<p class="mono formula-numbers">{trial.explanation[lang]}</p>
			<p class="muted small">
				{periodText(trial.span.from_utc, period, zone, lang)} · <QualityMark quality={trial.quality} />
			</p>
		</div>
	);
}

function ChannelChips({ channels, own, insert }: { channels: readonly Channel[]; own: number; insert: (text: string) => void }) {
	const t = useText();
	const lang = useLang();
	const shown = channels.filter((c) => c.id !== own);
	const nameOf = (code: string): string => {
		const q = quantityOf(code);
		return q ? quantityName(q, lang) : code;
	};
	if (shown.length === 0) {
		return <p class="help">{t.formula.noCodes}</p>;
	}
	return (
		<ul class="formula-chips">
			{shown.map((c) => (
				<li key={c.id}>
					<button type="button" class="button" title={c.name || nameOf(c.quantity)} onClick={() => insert(c.code)}>
						<span class="mono">{c.code}</span>{c.unit ? <span class="muted small">{unitText(c.unit, lang)}</span> : null}
					</button>
				</li>
			))}
		</ul>
	);
}

function FunctionList({ insert }: { insert: (text: string) => void }) {
	const lang = useLang();
	const { data } = useGet("/formulas/functions");
	const groups = useMemo(() => {
		const out = new Map<string, NonNullable<typeof data>["items"]>();
		for (const f of data?.items ?? []) {
			out.set(f.group[lang], [...(out.get(f.group[lang]) ?? []), f]);
		}
		return [...out];
	}, [data, lang]);
	return (
		<div class="formula-functions">
			{groups.map(([group, items]) => (
				<section key={group}>
					<h4>{group}</h4>
					<dl>
						{items.map((f) => (
							<div key={f.name}>
								<dt><button type="button" class="button bare mono" onClick={() => insert(`${f.name}(`)}>{f.signature}</button></dt>
								<dd class="small">{f.text[lang]}<span class="muted mono"> {f.example}</span></dd>
							</div>
						))}
					</dl>
				</section>
			))}
		</div>
	);
}

export function FormulaField(props: {
	id: string; invalid: boolean; maxLength: number | undefined; draft: Draft; set: (changes: Draft) => void;
}) {
	const t = useText();
	const lang = useLang();
	const siteZone = useSiteZone();
	const area = useRef<HTMLTextAreaElement>(null);
	const places = useGet("/places");
	const channels = useGet("/channels");
	const text = String(props.draft["text"] ?? "");
	const own = Number(props.draft["channel"] ?? 0);
	const period = String(props.draft["period"] ?? "hour") as Period;
	const { verdict, problem } = useVerdict(own, period, text, lang);
	const byId = useMemo(() => new Map((places.data?.items ?? []).map((p) => [p.id, p])), [places.data]);
	const target = channels.data?.items.find((c) => c.id === own);
	const named = useMemo(() => {
		const home = target ? buildingOf(byId, target.place) : 0;
		return (channels.data?.items ?? [])
			.filter((c) => c.code !== "" && buildingOf(byId, c.place) === home)
			.sort((a, b) => natural.compare(a.code, b.code));
	}, [channels.data, byId, target]);
	const zone = (target ? placeZone(places.data?.items ?? [], target.place) : null) ?? siteZone;
	const error = verdict?.error ?? null;

	const insert = (piece: string) => {
		const at = area.current?.selectionStart ?? text.length;
		const end = area.current?.selectionEnd ?? at;
		props.set({ text: text.slice(0, at) + piece + text.slice(end) });
		requestAnimationFrame(() => {
			area.current?.focus();
			area.current?.setSelectionRange(at + piece.length, at + piece.length);
		});
	};
	/* the whole word is wrong; at the end of the text a blank stands for what is missing */
	const column = error ? Math.min(error.column, text.length) : 0;
	const wrong = error ? /^(?:[\p{L}\d_.]+|.)/u.exec(text.slice(column))?.[0] ?? "" : "";
	return (
		<div class="formula-field">
			<div class="formula-text">
				<div class="formula-copy mono" aria-hidden="true">
					{error ? <>{text.slice(0, column)}<u>{wrong || "\u00a0"}</u>{text.slice(column + wrong.length)}</> : text}
				</div>
				<textarea
					ref={area}
					id={props.id}
					name="text"
					class="mono"
					spellcheck={false}
					autocomplete="off"
					rows={3}
					maxLength={props.maxLength}
					aria-invalid={props.invalid || error !== null}
					placeholder="M1 - M2"
					value={text}
					onInput={(e) => props.set({ text: e.currentTarget.value })}
				/>
			</div>
			{!own ? <p class="help">{t.formula.chooseChannel}</p> : null}
			{problem ? <p class="field-error">{t.formula.noAnswer}</p> : null}
			{verdict ? <VerdictLine verdict={verdict} period={period} zone={zone} /> : null}
			{own ? (
				<details open={text === ""}>
					<summary>{t.formula.channels(named.filter((c) => c.id !== own).length)}</summary>
					<ChannelChips channels={named} own={own} insert={insert} />
				</details>
			) : null}
			<details>
				<summary>{t.formula.functions}</summary>
				<FunctionList insert={insert} />
			</details>
		</div>
	);
}
