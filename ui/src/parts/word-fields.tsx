/*
 * word-fields.tsx - why a person changes or decides: reason of the list, document, comment
 */
import { useId } from "preact/hooks";
import { useGet } from "~/api/use-get";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import "./word-fields.css";

export interface Word {
	reason: string;
	document: string;
	comment: string;
}

export const NO_WORD: Word = { reason: "", document: "", comment: "" };

export function WordFields({ word, set }: { word: Word; set: (w: Word) => void }) {
	const t = useText();
	const lang = useLang();
	const id = useId();
	const reasons = useGet("/edit-reasons");
	return (
		<div class="word-fields">
			<div class="field">
				<label for={`${id}-reason`}>{t.checks.reason}<span class="required" title={t.setup.required}> *</span></label>
				<select id={`${id}-reason`} value={word.reason} onChange={(e) => set({ ...word, reason: e.currentTarget.value })}>
					<option value="">{t.checks.chooseReason}</option>
					{reasons.data?.items.map((r) => <option key={r.code} value={r.code}>{r.text[lang]}</option>)}
				</select>
			</div>
			<div class="field">
				<label for={`${id}-document`}>{t.checks.document}</label>
				<input id={`${id}-document`} value={word.document} maxLength={60} onInput={(e) => set({ ...word, document: e.currentTarget.value })} />
			</div>
			<div class="field">
				<label for={`${id}-comment`}>{t.checks.comment}</label>
				<input id={`${id}-comment`} value={word.comment} maxLength={120} onInput={(e) => set({ ...word, comment: e.currentTarget.value })} />
			</div>
		</div>
	);
}

/* Decimal comma and point; null: no number. */
export function readNumber(text: string): number | null {
	const plain = text.trim().replace(/[\s\u00a0\u202f]/g, "").replace(",", ".").replace("\u2212", "-");
	const n = Number(plain);
	return plain !== "" && Number.isFinite(n) ? n : null;
}
