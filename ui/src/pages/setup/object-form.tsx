/*
 * object-form.tsx - add or change one object, and what was changed about it before
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import { get, post, put, remove, type DeletePath, type GetPath, type PostPath, type PutPath } from "~/api/client";
import { placeZone, useSiteZone } from "~/api/site-zone";
import { useGet } from "~/api/use-get";
import { navigate } from "~/app/route";
import { formatTime } from "~/format/time";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Busy, ProblemNotice } from "~/parts/notice";
import { useTitle } from "~/parts/title";
import { useChoices } from "./choices";
import { draftOf, objectOf, type Fault } from "./draft";
import { FieldInput } from "./field-input";
import { hasPreview, Preview } from "./preview";
import { BLANK, FIELDS, type Draft, type Kind } from "./kinds";

/* Where to go when an object was saved: on to the next step of setting up. */
function nextPage(kind: Kind, id: number, isNew: boolean): string {
	if (kind === "meters") {
		return `/meters/${id}`;
	}
	if (kind === "lines" && isNew) {
		return `/setup/meters/new?line=${id}`;
	}
	if (kind === "channels") {
		return `/channels/${id}`;
	}
	return `/setup/${kind}`;
}

function History({ kind, id, zone }: { kind: Kind; id: number; zone: string }) {
	const t = useText();
	const lang = useLang();
	const { data } = useGet(`/${kind}/{id}/history` as "/places/{id}/history", { id, limit: 50 });
	const names: Record<string, string> = t.fields;
	if (!data || data.items.length === 0) {
		return null;
	}
	const changes = (before: Record<string, unknown> | null, after: Record<string, unknown> | null): string => {
		if (!before) {
			return t.setup.wasAdded;
		}
		if (!after) {
			return t.setup.wasDeleted;
		}
		return Object.keys(after)
			.filter((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k]))
			.map((k) => `${names[k] ?? k}: ${String(before[k] ?? "—") || "—"} → ${String(after[k] ?? "—") || "—"}`)
			.join("; ");
	};
	return (
		<details class="sheet setup-history">
			<summary>{t.setup.history} ({data.items.length})</summary>
			<ul>
				{data.items.map((h, i) => (
					<li key={i}>
						<span class="muted small">{formatTime(h.utc, zone, lang)}, {h.who}</span>
						<span>{changes(h.before as Record<string, unknown> | null, h.after as Record<string, unknown> | null)}</span>
					</li>
				))}
			</ul>
		</details>
	);
}

export function ObjectForm({ kind, id, query }: { kind: Kind; id: number | null; query: URLSearchParams }) {
	const t = useText();
	const lang = useLang();
	const siteZone = useSiteZone();
	const choices = useChoices();
	const places = useGet("/places");
	const [draft, setDraft] = useState<Draft | null>(null);
	const [faults, setFaults] = useState<ReadonlyMap<string, Fault>>(new Map());
	const [problem, setProblem] = useState<unknown>(null);
	const [isBusy, setBusy] = useState(false);
	const [isAsking, setAsking] = useState(false);
	const zone = useMemo(() => {
		const place = Number(draft?.["place"] ?? 0);
		return placeZone(places.data?.items ?? [], place) ?? siteZone;
	}, [places.data, draft?.["place"], siteZone]);
	useTitle(id === null ? t.setup.newOf[kind] : t.setup.oneOf[kind], t.nav.setup);

	useEffect(() => {
		if (id === null) {
			const given: Draft = {};
			for (const [name, value] of query) {
				if (name in BLANK[kind]) {
					given[name] = typeof BLANK[kind][name] === "number" ? Number(value) : value;
				}
			}
			setDraft(draftOf(kind, { ...BLANK[kind], ...given }, siteZone, lang));
			return;
		}
		get(`/${kind}/{id}` as GetPath, { id }).then(
			(object) => setDraft(draftOf(kind, object as unknown as Draft, siteZone, lang)), setProblem);
	}, [kind, id]);

	if (!draft || !choices.isReady) {
		return problem ?? choices.problem ? <ProblemNotice problem={problem ?? choices.problem} /> : <Busy />;
	}
	const set = (changes: Draft) => setDraft((d) => ({ ...d, ...changes }));
	const save = async (event: Event) => {
		event.preventDefault();
		const read = objectOf(kind, draft, zone);
		setProblem(null);
		if ("faults" in read) {
			setFaults(read.faults);
			return;
		}
		setFaults(new Map());
		setBusy(true);
		try {
			const saved = (id === null
				? await post(`/${kind}` as PostPath, {}, read.object as never)
				: await put(`/${kind}/{id}` as PutPath, { id }, read.object as never)) as unknown as { id: number };
			navigate(nextPage(kind, saved.id, id === null));
		} catch (e) {
			setProblem(e);
			setBusy(false);
		}
	};
	const erase = async () => {
		setBusy(true);
		setProblem(null);
		try {
			await remove(`/${kind}/{id}` as DeletePath, { id });
			navigate(`/setup/${kind}`);
		} catch (e) {
			setProblem(e);
			setBusy(false);
			setAsking(false);
		}
	};
	const shown = FIELDS[kind].filter((f) => !f.when || f.when(draft));
	const expert = shown.filter((f) => f.isExpert);
	const field = (f: (typeof shown)[number]) => {
		const fault = faults.get(f.name);
		return <FieldInput key={f.name} field={f} draft={draft} choices={choices} set={set} error={fault ? t.setup.faults[fault](f.min, f.max) : null} />;
	};
	return (
		<>
			<header>
				<nav class="crumbs" aria-label={t.nav.label}>
					<a href="/setup">{t.nav.setup}</a><span>› <a href={`/setup/${kind}`}>{t.setup.kinds[kind]}</a></span>
				</nav>
				<h1>{id === null ? t.setup.newOf[kind] : String(draft["name"] || t.setup.oneOf[kind])}</h1>
			</header>
			<form class="sheet setup-form" onSubmit={save} noValidate>
				{problem ? <ProblemNotice problem={problem} /> : null}
				{shown.filter((f) => !f.isExpert).map(field)}
				{expert.length > 0 ? (
					<details open={expert.some((f) => faults.has(f.name))}>
						<summary>{t.setup.more}</summary>
						<div class="setup-fields">{expert.map(field)}</div>
					</details>
				) : null}
				<div class="actions">
					<button type="submit" class="button main" disabled={isBusy}>{t.save}</button>
					<a class="button" href={`/setup/${kind}`}>{t.cancel}</a>
					{id !== null && !isAsking
						? <button type="button" class="button bare danger setup-delete" onClick={() => setAsking(true)}><Icon name="trash" />{t.delete}</button>
						: null}
					{isAsking ? (
						<span class="setup-delete setup-sure" role="alert">
							{t.setup.sure}
							<button type="button" class="button danger" disabled={isBusy} onClick={() => void erase()}>{t.delete}</button>
							<button type="button" class="button" onClick={() => setAsking(false)}>{t.cancel}</button>
						</span>
					) : null}
				</div>
			</form>
			{hasPreview(kind) ? (
				<section class="sheet setup-form">
					<Preview kind={kind} id={id} zone={zone} read={() => {
						const read = objectOf(kind, draft, zone);
						setFaults("faults" in read ? read.faults : new Map());
						return "faults" in read ? null : read.object;
					}} />
				</section>
			) : null}
			{id !== null ? <History kind={kind} id={id} zone={zone} /> : null}
		</>
	);
}
