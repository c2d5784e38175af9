/*
 * field-input.tsx - one field of a form
 *
 * Numbers are kept as typed until the form is sent, so that "1," is not an error while typing; both
 * decimal comma and point are understood.
 */
import { useId, useRef } from "preact/hooks";
import { allQuantities, quantityOf, unitCode, unitsLike, unitText } from "~/api/reference";
import type { Driver, DriverParam } from "~/api/types";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { quantityName, sentence } from "~/parts/quantity";
import { FormulaField } from "./formula-field";
import type { Draft, Field } from "./kinds";
import { PLACE_KINDS } from "./kinds";
import { readParams, writeParams } from "./params";
import type { Choices } from "./choices";
import { RatioHelp } from "./ratio";

interface Props {
	field: Field;
	draft: Draft;
	choices: Choices;
	error: string | null;
	set: (changes: Draft) => void;
}

const USUAL = ["address", "secondary", "model"];

function DriverParams({ driver, draft, set }: { driver: Driver | undefined; draft: Draft; set: Props["set"] }) {
	const t = useText();
	const lang = useLang();
	const prefix = useId();
	const values = readParams(String(draft["params"] ?? ""));
	const saved = useRef(values); /* as the form was opened: fields do not jump while typing */
	if (!driver) {
		return <p class="muted small">{t.setup.chooseDriver}</p>;
	}
	const change = (name: string, value: string) => {
		const next = new Map(values);
		next.set(name, value);
		set({ params: writeParams(next) });
	};
	/* most meters need only their address: the rest is folded away until it is set */
	const isPlain = (p: DriverParam): boolean => p.is_required || USUAL.includes(p.name) || saved.current.has(p.name);
	const input = (p: DriverParam) => {
		const id = `${prefix}-${p.name}`;
		const value = values.get(p.name) ?? "";
		return (
			<div class="field" key={p.name}>
				<label for={id}>
					<span class="mono">{p.name}</span>{p.is_required ? <span class="required" title={t.setup.required}> *</span> : null}
				</label>
				{p.type === "bool" ? (
					<select id={id} value={value} onChange={(e) => change(p.name, e.currentTarget.value)}>
						<option value="">{t.setup.byDefault(p.default === "1" || p.default === "true" ? t.setup.yes : t.setup.no)}</option>
						<option value="1">{t.setup.yes}</option>
						<option value="0">{t.setup.no}</option>
					</select>
				) : (
					<input
						id={id}
						value={value}
						inputMode={p.type === "int" ? "numeric" : "text"}
						maxLength={p.type === "text" && p.max > 0 ? p.max : undefined}
						placeholder={p.default ? t.setup.byDefault(p.default) : ""}
						onInput={(e) => change(p.name, e.currentTarget.value)}
					/>
				)}
				<p class="help">
					{p.help[lang]}{p.type === "int" ? ` (${p.min}…${p.max})` : ""}
				</p>
			</div>
		);
	};
	const rest = driver.params.filter((p) => !isPlain(p));
	return (
		<fieldset class="params">
			<legend>{t.fields.params}</legend>
			{driver.grade === "experimental" || driver.grade === "unverified"
				? <p class="doubtful small">{sentence(t.grades[driver.grade])}</p>
				: null}
			{driver.params.filter(isPlain).map(input)}
			{rest.length > 0 ? (
				<details>
					<summary>{t.setup.moreParams(rest.length)}</summary>
					<div class="setup-fields">{rest.map(input)}</div>
				</details>
			) : null}
		</fieldset>
	);
}

function Control({ field, draft, choices, set, id, invalid }: Props & { id: string; invalid: boolean }) {
	const t = useText();
	const lang = useLang();
	const value = draft[field.name];
	const common = { id, name: field.name, "aria-invalid": invalid };
	const put = (v: Draft[string]) => set({ [field.name]: v });
	switch (field.type) {
	case "bool":
		return <input {...common} type="checkbox" checked={value === true} onChange={(e) => put(e.currentTarget.checked)} />;
	case "long":
		return <textarea {...common} maxLength={field.maxLength} value={String(value ?? "")} onInput={(e) => put(e.currentTarget.value)} />;
	case "formula":
		return <FormulaField id={id} invalid={invalid} maxLength={field.maxLength} draft={draft} set={set} />;
	case "place-kind":
		return (
			<select {...common} value={String(value)} onChange={(e) => put(e.currentTarget.value)}>
				{PLACE_KINDS.map((k) => <option key={k} value={k}>{t.placeKinds[k]}</option>)}
			</select>
		);
	case "period":
		return (
			<select {...common} value={String(value)} onChange={(e) => put(e.currentTarget.value)}>
				{(["half_hour", "hour", "day", "month"] as const).map((p) => <option key={p} value={p}>{t.setup.periods[p]}</option>)}
			</select>
		);
	case "ref":
		return (
			<select {...common} value={String(value ?? 0)} onChange={(e) => put(Number(e.currentTarget.value))}>
				<option value="0">{field.isRequired ? t.setup.choose : t.none}</option>
				{choices.refs(field.of!).map((o) => <option key={o.id} value={o.id}>{o.text}</option>)}
			</select>
		);
	case "driver":
		return (
			<select {...common} value={String(value ?? "")} onChange={(e) => set({ driver: e.currentTarget.value, params: "" })}>
				<option value="">{t.setup.choose}</option>
				{choices.drivers.map((d) => ({ name: d.name, title: lang === "ru" ? d.title_ru : d.title }))
					.sort((a, b) => a.title.localeCompare(b.title, lang))
					.map((d) => <option key={d.name} value={d.name}>{d.title} ({d.name})</option>)}
			</select>
		);
	case "quantity":
		return (
			<select
				{...common}
				value={String(value ?? "")}
				onChange={(e) => set({ quantity: e.currentTarget.value, unit: unitCode(quantityOf(e.currentTarget.value)?.unit.symbol ?? "") })}
			>
				<option value="">{t.setup.choose}</option>
				{allQuantities().filter((q) => q.kind !== "info").map((q) => <option key={q.code} value={q.code}>{quantityName(q, lang)}</option>)}
			</select>
		);
	case "unit": {
		const usual = quantityOf(String(draft["quantity"] ?? ""))?.unit.symbol ?? String(value ?? "");
		return (
			<select {...common} value={String(value ?? "")} onChange={(e) => put(e.currentTarget.value)}>
				{unitsLike(usual).map((u) => <option key={u} value={u}>{unitText(u, lang)}</option>)}
			</select>
		);
	}
	case "zone":
		return (
			<>
				<input {...common} list={`${id}-zones`} maxLength={field.maxLength} value={String(value ?? "")} placeholder="Europe/Moscow" onInput={(e) => put(e.currentTarget.value)} />
				<datalist id={`${id}-zones`}>{choices.zones.map((z) => <option key={z} value={z} />)}</datalist>
			</>
		);
	case "time":
		return <input {...common} value={String(value ?? "")} placeholder={t.setup.timeFormat} onInput={(e) => put(e.currentTarget.value)} />;
	default:
		return (
			<input
				{...common}
				value={String(value ?? "")}
				maxLength={field.maxLength}
				inputMode={field.type === "int" ? "numeric" : field.type === "real" ? "decimal" : "text"}
				onInput={(e) => put(e.currentTarget.value)}
			/>
		);
	}
}

export function FieldInput(props: Props) {
	const t = useText();
	const id = useId();
	const { field, error } = props;
	if (field.type === "params") {
		return <DriverParams driver={props.choices.drivers.find((d) => d.name === props.draft["driver"])} draft={props.draft} set={props.set} />;
	}
	const names: Record<string, string> = t.fields;
	const helps: Record<string, string> = t.help;
	const label = field.label ?? field.name;
	return (
		<div class={`field${field.type === "bool" ? " check" : ""}`}>
			<label for={id}>
				{names[label] ?? label}
				{field.isRequired ? <span class="required" title={t.setup.required}> *</span> : null}
			</label>
			<Control {...props} id={id} invalid={error !== null} />
			{error ? <p class="field-error" role="alert">{error}</p> : null}
			{field.type === "ratio" ? <RatioHelp typed={String(props.draft[field.name] ?? "")} register={Number(props.draft["register"] ?? 0)} /> : null}
			{helps[label] ? <p class="help">{helps[label]}</p> : null}
		</div>
	);
}
