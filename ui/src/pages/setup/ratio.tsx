/*
 * ratio.tsx - the multiplier of a binding: what was typed as a number, and what the meter itself says
 *
 * A meter on transformers is read as it counts, at its terminals. Some meters are told the ratios of
 * their transformers (registers of ratio_current, ratio_voltage); they are shown for comparison only.
 */
import { useGet } from "~/api/use-get";
import { formatExact } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Notice } from "~/parts/notice";
import { parseRatio } from "./draft";

function MeterRatios({ register, multiplier }: { register: number; multiplier: number | null }) {
	const t = useText();
	const lang = useLang();
	const own = useGet("/registers/{id}", register > 0 ? { id: register } : null);
	const meter = own.data?.meter;
	const registers = useGet("/registers", meter ? { meter } : null);
	const last = useGet("/last", meter ? { meter } : null);
	const told = (quantity: string): number | null => {
		const r = registers.data?.items.find((x) => x.quantity === quantity);
		return last.data?.items.find((l) => l.register === r?.id)?.value ?? null;
	};
	const current = told("ratio_current");
	const voltage = told("ratio_voltage");
	if (current === null && voltage === null) {
		return null;
	}
	const product = (current ?? 1) * (voltage ?? 1);
	const isOdd = multiplier !== null && multiplier !== 1 && product !== 1
		&& Math.abs(product - multiplier) > 1e-6 * Math.abs(multiplier);
	return (
		<>
			<p class="help">{t.setup.meterRatios(
				current === null ? null : formatExact(current, lang),
				voltage === null ? null : formatExact(voltage, lang),
				formatExact(product, lang),
			)}</p>
			{isOdd ? <Notice tone="warning" title={t.setup.ratiosDiffer}>{t.setup.ratiosDifferText}</Notice> : null}
		</>
	);
}

export function RatioHelp({ typed, register }: { typed: string; register: number }) {
	const lang = useLang();
	const value = parseRatio(typed);
	return (
		<>
			{value !== null && /[/*×·]/.test(typed) ? <p class="help" role="status">= <strong>{formatExact(value, lang)}</strong></p> : null}
			<MeterRatios register={register} multiplier={typed.trim() === "" ? 1 : value} />
		</>
	);
}
