/*
 * range-bar.tsx - step and period of a page, kept in its address
 */
import { useEffect, useState } from "preact/hooks";
import { nodeNow } from "~/api/clock";
import { navigate, withQuery } from "~/app/route";
import {
	namedRange, RANGE_NAMES, sameRange, shiftRange, writeRange, type Calendar, type DateRange, type RangeName,
} from "~/format/calendar";
import { formatDate, readDate } from "~/format/time";
import { compareDates } from "~/format/zone";
import { useLang, type Lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "./icon";
import { Segmented } from "./segmented";
import "./range-bar.css";

function OwnRange(props: { range: DateRange; lang: Lang; onPick: (r: DateRange) => void }) {
	const t = useText();
	const [from, setFrom] = useState("");
	const [till, setTill] = useState("");
	const [isWrong, setWrong] = useState(false);
	useEffect(() => {
		setFrom(formatDate(props.range.from, props.lang));
		setTill(formatDate(props.range.till, props.lang));
		setWrong(false);
	}, [writeRange(props.range).from, writeRange(props.range).till, props.lang]);

	const submit = (event: Event) => {
		event.preventDefault();
		const a = readDate(from);
		const b = readDate(till);
		if (!a || !b || compareDates(a, b) > 0) {
			setWrong(true);
			return;
		}
		setWrong(false);
		props.onPick({ from: a, till: b });
	};
	const field = (label: string, value: string, set: (v: string) => void) => (
		<label>
			<span class="hidden-label">{label}</span>
			<input
				value={value}
				inputMode="numeric"
				size={10}
				placeholder={t.dateFormat}
				aria-invalid={isWrong}
				title={isWrong ? t.range.wrong : label}
				onInput={(e) => set(e.currentTarget.value)}
			/>
		</label>
	);
	return (
		<form class="own-range" onSubmit={submit} noValidate>
			{field(t.range.from, from, setFrom)}
			<span aria-hidden="true">–</span>
			{field(t.range.till, till, setTill)}
			<button type="submit" class="button" aria-label={t.range.apply}><Icon name="ok" /><span>{t.range.apply}</span></button>
			{isWrong ? <span class="small own-wrong" role="alert">{t.range.wrong}</span> : null}
		</form>
	);
}

export function RangeBar(props: {
	calendar: Calendar;
	range: DateRange;
	names?: readonly RangeName[];
	/* changes that go with a new range, such as a finer step for a single day */
	also?: (range: DateRange) => Record<string, string | null>;
}) {
	const t = useText();
	const lang = useLang();
	const { calendar, range } = props;
	const go = (r: DateRange) => navigate(withQuery({ ...writeRange(r), ...props.also?.(r) }));
	const names = props.names ?? RANGE_NAMES;
	const active = names.find((n) => sameRange(namedRange(calendar, n, nodeNow()), range)) ?? null;
	return (
		<div class="range-bar">
			<Segmented
				label={t.range.label}
				options={names.map((value) => ({ value, text: t.range[value] }))}
				value={active}
				onChange={(name) => go(namedRange(calendar, name, nodeNow()))}
			/>
			<div class="range-move">
				<button type="button" class="button square" title={t.range.previous} onClick={() => go(shiftRange(calendar, range, -1))}>
					<Icon name="left" /><span class="hidden-label">{t.range.previous}</span>
				</button>
				<OwnRange range={range} lang={lang} onPick={go} />
				<button type="button" class="button square" title={t.range.next} onClick={() => go(shiftRange(calendar, range, 1))}>
					<Icon name="right" /><span class="hidden-label">{t.range.next}</span>
				</button>
			</div>
		</div>
	);
}
