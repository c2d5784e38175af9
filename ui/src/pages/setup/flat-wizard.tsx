/*
 * flat-wizard.tsx - entrances, floors and flats of a building in one go
 */
import { useRef, useState } from "preact/hooks";
import { post } from "~/api/client";
import { useGet } from "~/api/use-get";
import { useText } from "~/i18n/text";
import { ProblemNotice } from "~/parts/notice";
import { parseNumber } from "./draft";
import { flatNumber, type Plan } from "./flat-plan";

const LIMIT = 2000;

async function build(
	place: number, plan: Plan, names: { entrance: (n: number) => string; flat: (n: number) => string },
	isStopped: () => boolean, done: (n: number) => void,
): Promise<void> {
	let made = 0;
	for (let e = 0; e < plan.entrances; e++) {
		const parent = plan.entrances === 1 ? place : (await post("/places", {}, {
			parent: place, kind: "entrance", name: names.entrance(e + 1), sort: e + 1,
		})).id;
		for (let f = 0; f < plan.floors; f++) {
			for (let i = 0; i < plan.perFloor; i++) {
				if (isStopped()) {
					return;
				}
				const number = flatNumber(plan, e, f, i);
				await post("/places", {}, { parent, kind: "flat", name: names.flat(number), floor: f + 1, sort: number });
				done(++made);
			}
		}
	}
}

export function FlatWizard({ place }: { place: number }) {
	const t = useText();
	const below = useGet("/places");
	const [form, setForm] = useState({ entrances: "1", floors: "5", perFloor: "4", first: "1" });
	const [made, setMade] = useState<number | null>(null);
	const [problem, setProblem] = useState<unknown>(null);
	const stop = useRef(false);
	const own = below.data?.items.find((p) => p.id === place);
	const hasParts = below.data?.items.some((p) => p.parent === place && (p.kind === "entrance" || p.kind === "flat"));
	if (!own || own.kind !== "building" || (hasParts && made === null)) {
		return null;
	}
	const read = (s: string): number => parseNumber(s) ?? 0;
	const plan: Plan = { entrances: read(form.entrances), floors: read(form.floors), perFloor: read(form.perFloor), first: read(form.first) };
	const total = plan.entrances * plan.floors * plan.perFloor;
	const isGood = [plan.entrances, plan.floors, plan.perFloor, plan.first].every((n) => Number.isInteger(n) && n > 0) && total <= LIMIT;
	const run = async (event: Event) => {
		event.preventDefault();
		stop.current = false;
		setProblem(null);
		setMade(0);
		try {
			await build(place, plan, { entrance: t.setup.entranceName, flat: t.setup.flatName }, () => stop.current, setMade);
		} catch (e) {
			setProblem(e);
		}
		below.reload();
	};
	const field = (name: keyof typeof form) => (
		<div class="field">
			<label for={`wizard-${name}`}>{t.setup.wizard[name]}</label>
			<input id={`wizard-${name}`} inputMode="numeric" value={form[name]} onInput={(e) => setForm({ ...form, [name]: e.currentTarget.value })} />
		</div>
	);
	const isRunning = made !== null && made < total && !problem && !stop.current;
	return (
		<form class="sheet setup-form" onSubmit={run} noValidate>
			<div><h2>{t.setup.wizardTitle}</h2><p class="small muted">{t.setup.wizardText}</p></div>
			{problem ? <ProblemNotice problem={problem} /> : null}
			<div class="wizard-fields">{field("entrances")}{field("floors")}{field("perFloor")}{field("first")}</div>
			{made !== null ? <progress max={total} value={made} aria-label={t.setup.wizardTitle} /> : null}
			<div class="actions">
				{isRunning
					? <button type="button" class="button" onClick={() => { stop.current = true; }}>{t.cancel}</button>
					: <button type="submit" class="button main" disabled={!isGood || made === total}>{t.setup.wizardGo(isGood ? total : 0)}</button>}
				{made !== null ? <span role="status">{t.setup.wizardMade(made, total)}</span> : null}
			</div>
		</form>
	);
}
