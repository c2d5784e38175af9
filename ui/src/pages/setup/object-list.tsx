/*
 * object-list.tsx - all objects of a kind
 */
import { useMemo, useState } from "preact/hooks";
import { quantityOf, unitText } from "~/api/reference";
import { useRights } from "~/api/session";
import { useSiteZone } from "~/api/site-zone";
import { useGet } from "~/api/use-get";
import { formatTime } from "~/format/time";
import { formatExact } from "~/format/number";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { CopyTable } from "~/parts/copy-table";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { quantityName } from "~/parts/quantity";
import { useTitle } from "~/parts/title";
import { placeTree } from "./choices";
import { isOfPlaces, type Kind } from "./kinds";

interface Row {
	id: number;
	depth: number;
	cells: string[]; /* the first one is the link */
}

function useRows(kind: Kind): { head: string[]; rows: Row[] | null; problem: unknown; reload: () => void } {
	const t = useText();
	const lang = useLang();
	const zone = useSiteZone();
	const places = useGet("/places");
	const lines = useGet("/lines");
	const meters = useGet("/meters", kind === "meters" || kind === "bindings" ? {} : null);
	const registers = useGet("/registers", kind === "bindings" ? {} : null);
	const channels = useGet("/channels", ["channels", "bindings", "formulas"].includes(kind) ? {} : null);
	const bindings = useGet("/bindings", kind === "bindings" ? {} : null);
	const formulas = useGet("/formulas", kind === "formulas" ? {} : null);
	const parameters = useGet("/parameters", kind === "parameters" ? {} : null);
	const needed = { places: [places], lines: [lines], meters: [meters, lines, places], channels: [channels, places],
		bindings: [bindings, channels, registers, meters, places], formulas: [formulas, channels, places],
		parameters: [parameters, places] }[kind];
	const rows = useMemo((): Row[] | null => {
		if (needed.some((n) => n.data === null)) {
			return null;
		}
		const placeName = new Map((places.data?.items ?? []).map((p) => [p.id, p.name]));
		const flat = (id: number, cells: string[]): Row => ({ id, depth: 0, cells });
		const onOff = (isOn: boolean): string => isOn ? t.setup.yes : t.setup.no;
		const quantity = (code: string): string => {
			const q = quantityOf(code);
			return q ? quantityName(q, lang) : code;
		};
		switch (kind) {
		case "places":
			return placeTree(places.data?.items ?? []).map(({ place: p, depth }) =>
				({ id: p.id, depth, cells: [p.name, t.placeKinds[p.kind], p.floor ? String(p.floor) : "", p.area_m2 ? formatExact(p.area_m2, lang) : ""] }));
		case "lines":
			return (lines.data?.items ?? []).map((l) => flat(l.id, [l.name, l.link, l.baud ? String(l.baud) : t.lines.ofDriver, onOff(l.is_enabled)]));
		case "meters": {
			const lineName = new Map((lines.data?.items ?? []).map((l) => [l.id, l.name]));
			return (meters.data?.items ?? []).map((m) =>
				flat(m.id, [m.name, lineName.get(m.line) ?? "", placeName.get(m.place) ?? "", `${m.driver} ${m.params}`, m.serial, onOff(m.is_enabled)]));
		}
		case "channels":
			return (channels.data?.items ?? []).map((c) =>
				flat(c.id, [c.name || quantity(c.quantity), placeName.get(c.place) ?? "", quantity(c.quantity), unitText(c.unit, lang), c.code]));
		case "bindings": {
			const channel = new Map((channels.data?.items ?? []).map((c) => [c.id, c]));
			const register = new Map((registers.data?.items ?? []).map((r) => [r.id, r]));
			const meterName = new Map((meters.data?.items ?? []).map((m) => [m.id, m.name]));
			return (bindings.data?.items ?? []).map((b) => {
				const c = channel.get(b.channel);
				const r = register.get(b.register);
				return flat(b.id, [
					c ? `${placeName.get(c.place) ?? ""} · ${c.name || quantity(c.quantity)}` : String(b.channel),
					r ? `${meterName.get(r.meter) ?? r.meter} · ${r.key}` : String(b.register),
					b.from_utc === null ? t.channel.sinceEver : formatTime(b.from_utc, zone, lang),
					b.till_utc === null ? "" : formatTime(b.till_utc, zone, lang),
					formatExact(b.multiplier, lang),
				]);
			});
		}
		case "formulas": {
			const channel = new Map((channels.data?.items ?? []).map((c) => [c.id, c]));
			return (formulas.data?.items ?? []).map((f) => {
				const c = channel.get(f.channel);
				return flat(f.id, [
					c ? `${placeName.get(c.place) ?? ""} · ${c.name || quantity(c.quantity)}` : String(f.channel),
					f.text,
					t.setup.periods[f.period],
					f.from_utc === null ? t.channel.sinceEver : formatTime(f.from_utc, zone, lang),
					f.till_utc === null ? "" : formatTime(f.till_utc, zone, lang),
				]);
			});
		}
		case "parameters":
			return (parameters.data?.items ?? []).map((p) => flat(p.id, [
				p.code,
				p.place ? placeName.get(p.place) ?? String(p.place) : t.setup.everywhere,
				p.value === null ? t.setup.table : `${formatExact(p.value, lang)} ${p.unit}`,
				p.valid_from || t.channel.sinceEver,
				p.source,
				onOff(p.is_confirmed),
			]));
		}
	}, [kind, lang, zone, places.data, lines.data, meters.data, registers.data, channels.data, bindings.data, formulas.data, parameters.data]);
	return {
		head: t.setup.heads[kind],
		rows,
		problem: needed.find((n) => n.problem && !n.data)?.problem ?? null,
		reload: () => needed.forEach((n) => n.reload()),
	};
}

export function ObjectList({ kind }: { kind: Kind }) {
	const t = useText();
	const rights = useRights();
	const { head, rows, problem, reload } = useRows(kind);
	const [search, setSearch] = useState("");
	useTitle(t.setup.kinds[kind], t.nav.setup);
	const mayAdd = isOfPlaces(kind) ? rights.setup_places : rights.setup_devices;
	if (problem) {
		return <ProblemNotice problem={problem} retry={reload} />;
	}
	if (!rows) {
		return <Busy />;
	}
	const add = mayAdd
		? <a class="button main" href={`/setup/${kind}/new`}><Icon name="plus" />{t.setup.newOf[kind]}</a>
		: null;
	const words = search.trim().toLocaleLowerCase();
	const shown = rows.filter((r) => r.cells.join(" ").toLocaleLowerCase().includes(words));
	return (
		<section class="sheet">
			<header>
				<h2>{t.setup.kinds[kind]} <span class="muted">{rows.length}</span></h2>
				{rows.length > 8 ? (
					<label class="lines-search">
						<span class="hidden-label">{t.lines.search}</span>
						<input type="search" placeholder={t.lines.search} value={search} onInput={(e) => setSearch(e.currentTarget.value)} />
					</label>
				) : null}
				<span class="actions">
					{rows.length > 0 ? <CopyTable name={kind} rows={() => [head, ...shown.map((r) => r.cells)]} /> : null}
					{rows.length > 0 ? add : null}
				</span>
			</header>
			{rows.length === 0
				? <Empty title={t.setup.noneOf[kind]} actions={add}>{t.setup.noneText[kind]}</Empty>
				: (
					<div class="scroll">
						<table>
							<thead><tr>{head.map((h) => <th scope="col" key={h}>{h}</th>)}</tr></thead>
							<tbody>
								{shown.map((r) => (
									<tr key={r.id}>
										{r.cells.map((c, i) => i === 0
											? (
												<th scope="row" key={i} style={{ paddingLeft: `${12 + r.depth * 20}px`, fontWeight: 400 }}>
													<a class="row-link" href={`/setup/${kind}/${r.id}`}>{c}</a>
												</th>
											)
											: <td key={i} class="muted" title={c.length > 80 ? c : undefined}>{c.length > 80 ? <span class="list-text">{c}</span> : c}</td>)}
									</tr>
								))}
							</tbody>
						</table>
					</div>
				)}
		</section>
	);
}
