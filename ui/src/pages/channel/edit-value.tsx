/*
 * edit-value.tsx - a person corrects the value of an interval, says there is none, or takes it back
 */
import { useState } from "preact/hooks";
import { put } from "~/api/client";
import type { Period, Provenance } from "~/api/types";
import { unitName } from "~/format/unit";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Notice, ProblemNotice } from "~/parts/notice";
import { NO_WORD, readNumber, WordFields, type Word } from "~/parts/word-fields";

export function EditValue(props: { origin: Provenance; period: Period; start: number; onDone: () => void }) {
	const t = useText();
	const lang = useLang();
	const { origin } = props;
	const [isOpen, setOpen] = useState(false);
	const [value, setValue] = useState("");
	const [word, setWord] = useState<Word>(NO_WORD);
	const [hint, setHint] = useState("");
	const [isBusy, setBusy] = useState(false);
	const [trouble, setTrouble] = useState<unknown>(null);
	const [done, setDone] = useState("");
	const isByHand = origin.value.source === "MANUAL";
	const send = async (edit: { value?: number | null; is_restore?: boolean }) => {
		if (word.reason === "") {
			setHint(t.checks.reasonFirst);
			return;
		}
		setBusy(true);
		setTrouble(null);
		setHint("");
		try {
			const answer = await put("/channels/{id}/values", { id: origin.channel },
				{ period: props.period, values: [{ start: props.start, ...edit }], ...word });
			setDone(answer.waiting > 0 ? t.checks.editWaits : t.checks.editDone);
			setOpen(false);
			props.onDone();
		} catch (e) {
			setTrouble(e);
		} finally {
			setBusy(false);
		}
	};
	const save = () => {
		const number = readNumber(value);
		if (number === null) {
			setHint(t.checks.valueFirst);
			return;
		}
		void send({ value: number });
	};
	if (!isOpen) {
		return (
			<>
				{done ? <Notice tone="ok" title={done} /> : null}
				<button type="button" class="button" onClick={() => { setDone(""); setOpen(true); }}><Icon name="edit" />{t.checks.editTitle}</button>
			</>
		);
	}
	return (
		<form class="edit-value" onSubmit={(e) => { e.preventDefault(); save(); }}>
			<h3>{t.checks.editTitle}</h3>
			<div class="field">
				<label for="edit-value">{t.checks.value}, {unitName(origin.unit, lang)}</label>
				<input id="edit-value" inputMode="decimal" autoFocus value={value} onInput={(e) => setValue(e.currentTarget.value)} />
			</div>
			<WordFields word={word} set={setWord} />
			{hint ? <p class="doubtful small" role="alert">{hint}</p> : <p class="muted small">{t.checks.editHint}</p>}
			{trouble ? <ProblemNotice problem={trouble} /> : null}
			<div class="actions">
				<button type="submit" class="button main" disabled={isBusy}>{t.save}</button>
				<button type="button" class="button" disabled={isBusy} onClick={() => void send({ value: null })}>{t.checks.editNone}</button>
				{isByHand ? <button type="button" class="button" disabled={isBusy} onClick={() => void send({ is_restore: true })}>{t.checks.editRestore}</button> : null}
				<button type="button" class="button bare" onClick={() => setOpen(false)}>{t.cancel}</button>
			</div>
		</form>
	);
}
