/*
 * decide.tsx - a doubt with its neighbourhood, proposals, and the ways to decide
 */
import { useRef, useState } from "preact/hooks";
import { post } from "~/api/client";
import { useGet } from "~/api/use-get";
import type { Verdict, VerdictDetail } from "~/api/types";
import { formatNumber } from "~/format/number";
import { formatTime } from "~/format/time";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Busy, Notice, ProblemNotice } from "~/parts/notice";
import { decimalsFor } from "~/parts/quantity";
import { NO_WORD, readNumber, WordFields, type Word } from "~/parts/word-fields";
import { Around } from "./around";

type Decision = "accept" | "reject" | "estimate" | "edit";

/* The reason chosen last is the likely one of the next line too. */
let lastWord: Word = NO_WORD;

function Proposals({ detail }: { detail: VerdictDetail }) {
	const t = useText();
	const lang = useLang();
	const known = detail.proposals.filter((p) => p.value !== null);
	const decimals = Math.max(2, decimalsFor(detail.quantity, detail.unit.symbol));
	if (known.length === 0) {
		return detail.period === "day" && detail.rule !== "V-GAP" ? null : <p class="small muted">{t.checks.noProposal}</p>;
	}
	const sum = known.reduce((a, p) => a + (p.value ?? 0), 0);
	const methods = [...new Set(known.map((p) => p.method_text[lang]))].join(", ");
	const isSum = known.length > 1 && detail.quantity.kind === "counter";
	return (
		<p class="small">
			<b>{t.checks.proposal}: {isSum
				? t.checks.proposalSum(known.length, formatNumber(sum, decimals, lang))
				: known.length > 1 ? t.checks.proposalHours(known.length) : formatNumber(known[0]!.value, decimals, lang)} {unitName(detail.unit, lang)}</b>
			<span class="muted"> · {methods}</span>
			{known.some((p) => p.is_doubtful) ? <span class="doubtful"> · {t.checks.stretched}</span> : null}
		</p>
	);
}

function Decided({ v, zone }: { v: Verdict; zone: string }) {
	const t = useText();
	const lang = useLang();
	if (v.decided_utc === null) {
		return null;
	}
	return (
		<p class="small">
			<b>{t.checks.states[v.state]}</b> · {v.decided_by}, {formatTime(v.decided_utc, zone, lang)}
			{v.document ? ` · ${v.document}` : ""}{v.comment ? ` · ${v.comment}` : ""}
		</p>
	);
}

export function Decide(props: { verdict: Verdict; same: readonly Verdict[]; zone: string; onDone: (n: number) => void }) {
	const t = useText();
	const lang = useLang();
	const { verdict, same, zone } = props;
	const { data, problem, reload } = useGet("/verdicts/{id}", { id: verdict.id });
	const [word, setWordState] = useState<Word>(lastWord);
	const [value, setValue] = useState<string | null>(null);
	const [isAll, setAll] = useState(false);
	const [isBusy, setBusy] = useState(false);
	const [trouble, setTrouble] = useState<unknown>(null);
	const [hint, setHint] = useState("");
	const host = useRef<HTMLDivElement>(null);
	const setWord = (w: Word) => {
		lastWord = { ...w, comment: "" };
		setWordState(w);
		setHint("");
	};
	const decide = async (decision: Decision) => {
		const number = value === null ? null : readNumber(value);
		/* what was checked and found right needs no further reason */
		const said = word.reason === "" && decision === "accept" ? { ...word, reason: "confirmed" } : word;
		if (said.reason === "") {
			setHint(t.checks.reasonFirst);
			host.current?.querySelector("select")?.focus();
			return;
		}
		if (decision === "edit" && number === null) {
			setHint(t.checks.valueFirst);
			return;
		}
		setBusy(true);
		setTrouble(null);
		try {
			const ids = isAll && decision !== "edit" ? [verdict.id, ...same.map((s) => s.id)] : [verdict.id];
			if (ids.length > 1 && decision !== "edit") {
				const done = await post("/verdicts/decisions", {}, { ids, decision, ...said });
				props.onDone(done.items.length);
			} else {
				await post("/verdicts/{id}/decision", { id: verdict.id }, { decision, value: decision === "edit" ? number : null, ...said });
				props.onDone(1);
			}
		} catch (e) {
			setTrouble(e);
		} finally {
			setBusy(false);
		}
	};
	if (problem && !data) {
		return <ProblemNotice problem={problem} retry={reload} />;
	}
	if (!data) {
		return <Busy />;
	}
	const isEdit = verdict.rule === "EDIT";
	const isOpen = verdict.state === "open" || verdict.is_waiting;
	const canEstimate = !isEdit && data.proposals.some((p) => p.value !== null);
	return (
		<div class="decide" ref={host}>
			<Around detail={data} zone={zone} />
			<Proposals detail={data} />
			<Decided v={verdict} zone={zone} />
			{data.needs_second && isOpen ? <Notice tone="info" title={t.checks.closed}>{verdict.is_waiting ? t.checks.waits(verdict.decided_by) : t.checks.closedText}</Notice> : null}
			{trouble ? <ProblemNotice problem={trouble} /> : null}
			{!isOpen ? null : !verdict.may_decide ? <p class="muted small">{t.checks.mayNot}</p> : (
				<>
					<WordFields word={word} set={setWord} />
					{same.length > 0 && !isEdit ? (
						<label class="decide-all">
							<input type="checkbox" checked={isAll} onChange={(e) => setAll(e.currentTarget.checked)} />
							{t.checks.alsoSame(same.length, verdict.meter_name)}
						</label>
					) : null}
					{hint ? <p class="doubtful small" role="alert">{hint}</p> : null}
					<div class="actions decide-actions">
						<button type="button" class="button main" disabled={isBusy} onClick={() => void decide("accept")} title={t.checks.acceptHint}>
							<Icon name="ok" />{isEdit ? t.checks.confirm : t.checks.accept}
						</button>
						{canEstimate ? (
							<button type="button" class="button" disabled={isBusy} onClick={() => void decide("estimate")} title={t.checks.estimateHint}>
								<Icon name="trace" />{t.checks.estimate}
							</button>
						) : null}
						{isEdit ? null : value === null ? (
							<button type="button" class="button" disabled={isBusy} onClick={() => setValue("")}><Icon name="edit" />{t.checks.enter}</button>
						) : (
							<span class="decide-value">
								<input
									aria-label={`${t.checks.value}, ${unitName(verdict.unit, lang)}`}
									inputMode="decimal"
									value={value}
									onInput={(e) => setValue(e.currentTarget.value)}
									onKeyDown={(e) => e.key === "Enter" ? void decide("edit") : undefined}
								/>
								<span class="unit">{unitName(verdict.unit, lang)}</span>
								<button type="button" class="button" disabled={isBusy} onClick={() => void decide("edit")}>{t.save}</button>
							</span>
						)}
						<button type="button" class="button" disabled={isBusy} onClick={() => void decide("reject")} title={t.checks.rejectHint}>
							<Icon name="close" />{isEdit ? t.checks.discard : t.checks.reject}
						</button>
						<a class="button bare" href={`/channels/${verdict.channel}?step=${verdict.period === "half_hour" ? "hour" : verdict.period}&at=${verdict.start}`}>{t.checks.toChannel}</a>
					</div>
				</>
			)}
		</div>
	);
}
