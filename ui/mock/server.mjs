/*
 * server.mjs - a stand-in for the node while the application is being developed
 *
 * Answers /api/v1 as docs/api.yaml says, from a generated building, and serves dist/ where it was built.
 * Log in with admin and admin. MOCK_PORT (8090); MOCK_EMPTY=1 begins with an empty site; MOCK_STORE=failed
 * shows a database that cannot be written.
 */
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { CLASSES, SOURCES, drivers, errors, flagNames, quantities, quantity, unit, units } from "./reference.mjs";
import { emptySite, makeSite } from "./site.mjs";
import { dayStart, monthStart, noise, periodNext, periodStart, periodValue, reading } from "./values.mjs";

const PORT = Number(process.env.MOCK_PORT ?? 8090);
const DIST = new URL("../dist/", import.meta.url).pathname;
const { site, next } = process.env.MOCK_EMPTY ? emptySite() : makeSite();
const now = () => Math.floor(Date.now() / 1000);
const started = now();
const CALENDAR = { zone: "Europe/Moscow", report_hour: 0, report_day: 1 };

/* ---- what the mock knows about the building ---- */

const bindingOf = (channel) => site.bindings.find((b) => b.channel === channel.id);
const registerOf = (channel) => site.registers.find((r) => r.id === bindingOf(channel)?.register);
const meterOf = (channel) => site.meters.find((m) => m.id === registerOf(channel)?.meter);
const channelOf = (register) => site.channels.find((c) => bindingOf(c)?.register === register.id);
const SILENT = { "ХВС, кв. 4": 26 * 3600, "Тепло, кв. 9": 40 * 60, "Электро, кв. 7": 9 * 86400 };
const silence = (meter) => SILENT[meter?.name] === undefined ? null : started - SILENT[meter.name];

const ctx = {
	now, since: started - 95 * 86400,
	kind: (c) => quantity(c.quantity)?.kind,
	isInput: (c) => ["building", "heating_point"].includes(site.places.find((p) => p.id === c.place)?.kind),
	silentSince: (c) => silence(meterOf(c)),
};

function meterState(m) {
	const quiet = silence(m);
	const isSlow = m.name === "ГВС, кв. 6";
	const isNew = m.serial === "" && site.registers.every((r) => r.meter !== m.id);
	const gaps = quiet !== null ? Math.floor((now() - quiet) / 3600) : m.name === "Теплосчётчик ввода" ? 37 : 0;
	const exchanges = Math.floor((now() - started + 3600 * 30) / 60);
	const bad = quiet !== null ? 140 : Math.floor(noise(m.id, 3) * 6);
	return {
		meter: m.id, name: m.name, line: m.line, place: m.place,
		health: !m.is_enabled ? "disabled" : isNew ? "unknown" : quiet !== null ? "silent" : isSlow || gaps ? "warning" : "ok",
		error: quiet !== null ? { ...errors.TIMEOUT, detail: `${m.params}: nothing came in 400 ms, 3 tries` }
			: isSlow ? { ...errors.NOISE, detail: "checksum of byte 17 to 44" } : null,
		last_ok_utc: isNew ? null : quiet ?? now() - now() % 60 + 2,
		silent_since_utc: quiet, next_utc: now() + 42, backoff_s: quiet !== null ? 900 : 0,
		counters: { exchanges, replies: exchanges - bad, timeouts: bad, noises: isSlow ? 31 : 0, retries: bad * 2, foreign: 0,
			bytes_out: exchanges * 12, bytes_in: (exchanges - bad) * 91, stale_bytes: 0, busy_us: exchanges * 310000,
			last_rtt_us: 148000 + m.id * 900 },
		clock_offset_s: m.driver === "modbus" ? (m.name.endsWith("кв. 3") ? 412 : Math.round(noise(m.id, 9) * 8 - 4)) : null,
		clock_checked_utc: m.driver === "modbus" ? now() - 7000 : null,
		gap_records: gaps, gap_oldest_utc: gaps ? now() - gaps * 3600 : null,
		gap_loss_utc: gaps ? (m.name === "Теплосчётчик ввода" ? now() + 4 * 86400 + 6 * 3600 : now() + 45 * 86400 - gaps * 3600) : null,
		lost_records: m.name === "Электро, кв. 7" ? 12 : 0,
	};
}

function lineState(l) {
	const meters = site.meters.filter((m) => m.line === l.id);
	const isDead = l.link.endsWith("USB7");
	const states = meters.map(meterState);
	const sum = (key) => states.reduce((n, s) => n + s.counters[key], 0);
	return {
		line: l.id, name: l.name, health: isDead ? "failed" : states.some((s) => s.health === "silent") ? "warning" : "ok",
		error: isDead ? { ...errors.LINK, detail: `${l.link}: no such file or directory` } : null,
		error_utc: isDead ? started - 5400 : null,
		counters: Object.fromEntries(Object.keys(states[0]?.counters ?? meterState(site.meters[0] ?? {}).counters).map((k) => [k, sum(k)])),
		use: isDead ? 0 : l.baud === 2400 ? 0.61 : 0.18, wire: isDead ? 0 : l.baud === 2400 ? 0.44 : 0.09,
		meters: meters.length, meters_silent: states.filter((s) => s.health === "silent").length, queue: isDead ? 0 : meters.length % 5,
	};
}

function lastOf(channel) {
	const quiet = ctx.silentSince(channel);
	const utc = quiet ?? now() - now() % 5;
	return bindingOf(channel)
		? { utc, value: reading(channel, utc, ctx), quality: "MEASURED", source: "POLLED", flags: [] }
		: null;
}

function total(channels, period) {
	const start = periodStart(period, now());
	let value = null;
	let quality = 0;
	let flags = 0;
	let expected = 0;
	let present = 0;
	for (const c of channels) {
		const v = periodValue(c, period, start, ctx);
		expected += v.expected;
		present += v.present;
		if (v.value !== null) {
			value = (value ?? 0) + v.value;
			quality = Math.max(quality, v.quality);
			flags |= v.flags;
		}
	}
	return { value, quality: value === null ? "MISSING" : CLASSES[quality], flags: flagNames(flags), completeness: expected ? present / expected : null };
}

const meterRef = (m) => m ? { id: m.id, name: m.name, serial: m.serial, model: m.model, health: meterState(m).health } : null;
const below = (id) => {
	const out = site.places.filter((p) => p.id === id);
	for (const p of out) {
		out.push(...site.places.filter((x) => x.parent === p.id).sort((a, b) => a.sort - b.sort));
	}
	return out;
};
function pathTo(id) {
	const out = [];
	for (let p = site.places.find((x) => x.id === id); p; p = site.places.find((x) => x.id === p.parent)) {
		out.unshift({ id: p.id, kind: p.kind, name: p.name });
	}
	return out;
}
const span = (period) => {
	const from = periodStart(period, now());
	return { from_utc: from, till_utc: periodNext(period, from) };
};

function channelSummary(c) {
	return { id: c.id, place: c.place, name: c.name, sort: c.sort, quantity: quantity(c.quantity), unit: unit(c.unit), last: lastOf(c),
		today: total([c], "day"), month: total([c], "month"), meter: meterRef(meterOf(c)) };
}

function building(b) {
	const places = below(b.id);
	const channels = site.channels.filter((c) => places.some((p) => p.id === c.place));
	const meters = site.meters.filter((m) => places.some((p) => p.id === m.place)).map((m) => meterState(m).health);
	const resources = [...new Set(channels.filter((c) => ctx.kind(c) === "counter" && c.quantity !== "operating_time").map((c) => c.quantity))].map((code) => {
		const all = channels.filter((c) => c.quantity === code);
		const inputs = all.filter((c) => ctx.isInput(c));
		const used = inputs.length ? inputs : all;
		return { quantity: quantity(code), unit: unit(used[0].unit), basis: inputs.length ? "input" : "flats", channels: used.map((c) => c.id),
			today: total(used, "day"), month: total(used, "month") };
	});
	const expected = channels.length * 24;
	const yesterday = channels.map((c) => periodValue(c, "day", dayStart(now()) - 86400, ctx)).reduce((n, v) => n + v.present, 0);
	const count = (h) => meters.filter((x) => x === h).length;
	return {
		id: b.id, name: b.name, address: b.address, area_m2: b.area_m2 || null, people: b.people || null,
		flats: places.filter((p) => p.kind === "flat").length, calendar: CALENDAR, today: span("day"), month: span("month"),
		meters: { total: meters.length, ok: count("ok"), warning: count("warning"), silent: count("silent"), failed: count("failed"),
			disabled: count("disabled"), unknown: count("unknown") },
		last_utc: meters.length ? now() - 2 : null,
		yesterday: { expected, present: yesterday, completeness: expected ? yesterday / expected : null }, resources,
	};
}

/* ---- answers ---- */

const fail = (status, name, detail = "") => ({ status, body: { ...errors[name], detail } });

function archive(c, q) {
	const period = q.get("period");
	const [from, till] = [Number(q.get("from")), Number(q.get("till"))];
	const a = { series: c.id, period, quantity: quantity(c.quantity), unit: unit(c.unit), calendar: CALENDAR, from_utc: from, till_utc: till,
		start: [], value: [], quality: [], source: [], flags: [] };
	const classes = {};
	let present = 0;
	let expected = 0;
	let first = periodStart(period, from);
	first = first < from ? periodNext(period, first) : first;
	for (let s = first; s < till && s <= now(); s = periodNext(period, s)) {
		const v = periodValue(c, period, s, ctx);
		a.start.push(s);
		a.value.push(v.value);
		a.quality.push(v.quality);
		a.source.push(v.source === 9 ? 0 : v.source);
		a.flags.push(v.flags);
		if (periodNext(period, s) <= now()) {
			expected++;
			present += v.value !== null;
			classes[CLASSES[v.quality]] = (classes[CLASSES[v.quality]] ?? 0) + 1;
		}
	}
	const known = a.value.flatMap((v, i) => v === null ? [] : [[v, a.start[i], a.quality[i]]]);
	const sorted = [...known].sort((x, y) => x[0] - y[0]);
	const sum = known.reduce((n, k) => n + k[0], 0);
	return { ...a,
		totals: { sum: known.length && ctx.kind(c) === "counter" ? sum : null, mean: known.length ? sum / known.length : null,
			min: sorted[0]?.[0] ?? null, min_start: sorted[0]?.[1] ?? null, max: sorted.at(-1)?.[0] ?? null, max_start: sorted.at(-1)?.[1] ?? null,
			quality: known.length ? CLASSES[Math.max(...known.map((k) => k[2]))] : "MISSING" },
		completeness: { expected, present, share: expected ? present / expected : null, classes } };
}

function provenance(c, q) {
	const period = q.get("period");
	const start = Number(q.get("start"));
	const end = periodNext(period, start);
	const v = periodValue(c, period, start, ctx);
	const b = bindingOf(c);
	const r = registerOf(c);
	const m = meterOf(c);
	const driver = drivers.find((d) => d.name === m.driver);
	const at = (utc) => ({ period: "hour", start: utc, value: Math.round(reading(c, utc, ctx) * 1000) / 1000, quality: "MEASURED", source: "POLLED", flags: [], frame: utc });
	const frame = (utc) => ({ id: utc, meter: m.id, utc, request: "10 7B 05 80 16",
		reply: "68 1F 1F 68 08 05 72 78 56 34 12 24 40 01 07 55 00 00 00 03 13 15 31 00 DA 02 3B 13 01 8B 60 04 37 18 02 18 16" });
	const first = at(start);
	const last = { ...at(Math.min(end, now())), value: Math.round((first.value + (v.value ?? 0)) * 1e5) / 1e5 };
	return {
		channel: c.id, path: pathTo(c.place), quantity: quantity(c.quantity), unit: unit(c.unit), period, span: { from_utc: start, till_utc: end },
		value: { value: v.value, quality: CLASSES[v.quality], source: SOURCES[v.source] ?? "NONE", flags: flagNames(v.flags) },
		history: v.quality === 5 || v.flags ? [{ changed_utc: now() - 86400, start, value: (v.value ?? 1) * 0.93, quality: "ESTIMATED", source: "ESTIMATE", flags: [], who: "node", why: "late data" }] : [],
		parts: period === "hour" ? null : { period: "hour", expected: v.expected, present: v.present, sum: v.value, classes: v.classes },
		inputs: [{ binding: { ...b, register: r.id, key: r.key, register_unit: unit(r.unit) }, form: "point", meter: meterRef(m),
			driver: { name: driver.name, title: driver?.title ?? "", title_ru: driver?.title_ru ?? "", grade: driver.grade }, values: v.value === null ? [first] : [first, last], history: [] }],
		frames: v.value === null ? [] : [frame(start), frame(Math.min(end, now()))],
	};
}

const lastRow = (r) => {
	const c = channelOf(r);
	const utc = silence(site.meters.find((m) => m.id === r.meter)) ?? now() - now() % 5;
	return { register: r.id, meter: r.meter, key: r.key, quantity: quantity(r.quantity), unit: unit(r.unit) ?? unit("1"), utc,
		value: r.quantity === "error_code" ? 0 : reading(c ?? { ...r, id: r.id }, utc, ctx), quality: "MEASURED", source: "POLLED", flags: [], channels: c ? [c.id] : [] };
};

const objectName = (id) => Object.entries(site).flatMap(([kind, list]) => list.filter((o) => o.id === id).map((o) => [kind.slice(0, -1), o.name]))[0];
function events(q) {
	const out = [];
	const add = (ago, name, code, text) => {
		const m = site.meters.find((x) => x.name === name);
		const o = m ? objectName(m.id) : null;
		out.push({ id: out.length + 1, utc: started - ago, object: m?.id ?? 0, object_kind: o ? o[0] : null, object_name: o ? o[1] : "", code, text });
	};
	add(60, "", "node_started", "domovoi 0.1.0");
	add(40 * 60, "Тепло, кв. 9", "meter_silent", "no answer after 3 tries");
	add(26 * 3600, "ХВС, кв. 4", "meter_silent", "no answer after 3 tries");
	add(2 * 86400 - 3600, "Теплосчётчик ввода", "gap_healed", "12 hours");
	add(2 * 86400, "Теплосчётчик ввода", "power_on", "");
	add(2 * 86400 + 43000, "Теплосчётчик ввода", "power_off", "");
	add(3 * 86400, "Электро, кв. 3", "clock_off", "412 s fast");
	add(4 * 86400, "Общедомовой электросчётчик", "error.0x12", "phase L2 under 198 V");
	add(6 * 86400, "", "login", "admin");
	return out.filter((e) => (!q.get("object") || e.object === Number(q.get("object"))) && (!q.get("from") || e.utc >= Number(q.get("from"))) && (!q.get("till") || e.utc < Number(q.get("till"))));
}

const store = () => process.env.MOCK_STORE === "failed"
	? { is_writable: false, error: { ...errors.FULL, detail: "database or disk is full" }, failing_since_utc: started - 700, queued: 3, spilled_batches: 412,
		spilled_bytes: 1834000, commits: 88123, values_in: 912345, bytes_on_disk: 41 << 20 }
	: { is_writable: true, error: null, failing_since_utc: null, queued: 0, spilled_batches: 0, spilled_bytes: 0, commits: 88123, values_in: 912345, bytes_on_disk: 41 << 20 };

const SESSION = { user: { id: 1, login: "admin", name: "Администратор", lang: "" }, csrf: "mock-csrf", roles: ["administrator"],
	grants: [{ role: "administrator", place: 0, place_name: "" }],
	rights: { devices: true, operate: true, setup_devices: true, setup_places: true, edit: true, close: true, users: true }, expires_utc: now() + 86400 };

const DEFAULTS = {
	places: { parent: 0, kind: "other", name: "", sort: 0, zone: "", report_hour: -1, report_day: 0, area_m2: 0, people: 0, floor: 0, address: "", note: "" },
	lines: { name: "", link: "", baud: 0, framing: "", reply_ms: 0, gap_ms: 0, has_echo: false, is_enabled: true, note: "" },
	meters: { line: 0, place: 0, name: "", driver: "", params: "", serial: "", model: "", poll_s: 60, clock_s: 86400, archives: true, is_enabled: true, zone: "", report_hour: -1, report_day: 0, note: "" },
	channels: { place: 0, quantity: "", unit: "", name: "", sort: 0, note: "" },
	bindings: { channel: 0, register: 0, from_utc: null, till_utc: null, multiplier: 1, reading_fitted: null, reading_removed: null, note: "" },
};
const history = new Map();

/* A new meter answers after a while, as a real one would. */
function answerLater(m) {
	setTimeout(() => {
		for (const [key, q, u] of [["volume", "cold_water", "m3"], ["flow", "flow", "m3/h"], ["battery_left", "battery_left", "day"]]) {
			site.registers.push({ id: next(), meter: m.id, key, quantity: q, unit: u, form: "point", decimals: 3, capacity: 100000, max_rate: 0, is_ignored: false });
		}
	}, 4000);
}

function objects(method, kind, id, q, body) {
	const list = site[kind];
	const found = list.find((o) => o.id === id);
	if (id !== null && !found) {
		return fail(404, "NOTFOUND", `${kind} ${id}`);
	}
	const remember = (before, after) => history.set(`${kind}${(after ?? before).id}`, [{ utc: now(), who: "admin", before, after }, ...(history.get(`${kind}${(after ?? before).id}`) ?? [])]);
	if (method === "GET") {
		const filters = ["parent", "meter", "place", "channel", "register", "line"].filter((f) => q.has(f));
		return { status: 200, body: found ?? { items: list.filter((o) => filters.every((f) => o[f] === Number(q.get(f)))) } };
	}
	if (method === "POST") {
		if (kind === "meters" && !/address=/.test(body.params ?? "")) {
			return fail(400, "INVAL", "params: address must be given");
		}
		const made = { ...DEFAULTS[kind], ...body, id: next() };
		list.push(made);
		remember(null, { ...made });
		if (kind === "meters") {
			answerLater(made);
		}
		return { status: 201, body: made };
	}
	if (method === "PUT") {
		const before = { ...found };
		Object.assign(found, body);
		remember(before, { ...found });
		return { status: 200, body: found };
	}
	const isUsed = site.places.some((p) => kind === "places" && p.parent === id) || site.meters.some((m) => m.line === id || m.place === id)
		|| site.bindings.some((b) => b.channel === id || b.register === id) || site.channels.some((c) => c.place === id);
	if (isUsed) {
		return fail(409, "CONFLICT", `${kind} ${id} is used`);
	}
	list.splice(list.indexOf(found), 1);
	return { status: 204 };
}

function trace(id) {
	const rows = [`# line ${id}`, "# times are seconds since the start of this excerpt"];
	for (let i = 0; i < 14; i++) {
		rows.push(`> ${(i * 0.61).toFixed(3)} 10 7B ${(i + 5).toString(16).padStart(2, "0").toUpperCase()} ${(0x80 + i).toString(16).toUpperCase()} 16`);
		rows.push(`< ${(i * 0.61 + 0.148).toFixed(3)} 68 1F 1F 68 08 ${(i + 5).toString(16).padStart(2, "0").toUpperCase()} 72 78 56 34 12 24 40 01 07 55 00 00 00 03 13 15 31 00 DA 02 3B 13 01 8B 60 04 37 18 02 18 16`);
	}
	return rows.join("\n");
}

/* ---- the stream ---- */

const streams = new Set();
const say = (res, event, data) => res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
setInterval(() => {
	const live = site.channels.filter((c) => bindingOf(c) && ctx.silentSince(c) === null);
	const turn = live.filter((c) => noise(c.id, now()) < 0.12 || ctx.kind(c) !== "counter");
	for (const res of streams) {
		for (const c of turn) {
			const l = lastOf(c);
			say(res, "reading", { register: registerOf(c).id, meter: meterOf(c).id, place: c.place, channel: c.id, utc: l.utc, value: l.value, unit: c.unit, quality: "MEASURED" });
		}
		const m = site.meters[now() % Math.max(1, site.meters.length)];
		if (m) {
			say(res, "meter", meterState(m));
		}
	}
}, 5000);

function answer(method, path, q, body, cookie) {
	const [first, second, third] = path.split("/");
	const id = second !== undefined && /^\d+$/.test(second) ? Number(second) : null;
	if (path === "session" && method === "POST") {
		return body.login === "admin" && body.password === "admin"
			? { status: 200, body: SESSION, cookie: "domovoi_session=mock; Path=/; HttpOnly; SameSite=Strict" }
			: fail(401, "DENIED", "");
	}
	if (!/domovoi_session=mock/.test(cookie ?? "")) {
		return fail(401, "DENIED", "no session");
	}
	switch (path) {
	case "session": return method === "DELETE" ? { status: 204, cookie: "domovoi_session=; Path=/; Max-Age=0" } : { status: 200, body: SESSION };
	case "status": return { status: 200, body: { version: "0.1.0-mock", now_utc: now(), clock_is_virtual: false, uptime_s: now() - started, has_poll: true, generation: 1,
		counts: Object.fromEntries(Object.entries(site).map(([k, v]) => [k, v.length])), streams: streams.size, store: store() } };
	case "buildings": return { status: 200, body: { items: site.places.filter((p) => p.kind === "building").map(building) } };
	case "lines/state": return { status: 200, body: { items: site.lines.map(lineState) } };
	case "meters/state": return { status: 200, body: { items: site.meters.map(meterState) } };
	case "events": return { status: 200, body: { items: events(q) } };
	case "last": return { status: 200, body: { items: site.registers.filter((r) => !q.has("meter") || r.meter === Number(q.get("meter"))).map(lastRow) } };
	case "quantities": return { status: 200, body: { items: quantities } };
	case "units": return { status: 200, body: { items: units } };
	case "drivers": return { status: 200, body: { items: drivers } };
	case "zones": return { status: 200, body: { items: ["Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "UTC"] } };
	}
	const channel = first === "channels" ? site.channels.find((c) => c.id === id) : null;
	if (third === "history") {
		return { status: 200, body: { items: history.get(`${first}${id}`) ?? [] } };
	}
	if (channel && third === "summary") {
		const s = channelSummary(channel);
		const b = bindingOf(channel);
		const r = registerOf(channel);
		return { status: 200, body: { id: s.id, name: s.name, note: channel.note, path: pathTo(channel.place), calendar: CALENDAR, quantity: s.quantity, unit: s.unit, last: s.last,
			today: s.today, month: s.month, binding: b ? { ...b, register: r.id, key: r.key, register_unit: unit(r.unit) } : null, meter: s.meter,
			archives: ["hour", "day", "month"].map((period) => ({ period, latest_start: periodStart(period, now() - 3600) })) } };
	}
	if (channel && third === "archive") {
		return { status: 200, body: archive(channel, q) };
	}
	if (channel && third === "provenance") {
		return { status: 200, body: provenance(channel, q) };
	}
	if (first === "places" && third === "summary") {
		const places = below(id);
		return places.length === 0 ? fail(404, "NOTFOUND", `place ${id}`) : { status: 200, body: { path: pathTo(id), calendar: CALENDAR, today: span("day"), month: span("month"),
			places: places.map((p) => ({ id: p.id, parent: p.parent, kind: p.kind, name: p.name, sort: p.sort, floor: p.floor, area_m2: p.area_m2 || null, people: p.people || null,
				channels: site.channels.filter((c) => c.place === p.id).sort((a, b) => a.sort - b.sort).map(channelSummary) })) } };
	}
	if (first === "lines" && third === "trace") {
		return { status: 200, text: site.lines.find((l) => l.id === id)?.link.endsWith("USB7") ? "" : trace(id) };
	}
	if (first === "meters" && third === "gaps") {
		const s = meterState(site.meters.find((m) => m.id === id));
		const r = site.registers.filter((x) => x.meter === id).slice(0, 3);
		return { status: 200, body: { meter: id, gap_records: s.gap_records, gap_oldest_utc: s.gap_oldest_utc, gap_loss_utc: s.gap_loss_utc, lost_records: s.lost_records,
			items: s.gap_records ? r.map((x) => ({ register: x.id, key: x.key, quantity: x.quantity, period: "hour", from_utc: s.gap_oldest_utc - s.gap_oldest_utc % 3600, till_utc: now() - now() % 3600, records: s.gap_records })) : [] } };
	}
	if (first === "meters" && third === "read") {
		const m = site.meters.find((x) => x.id === id);
		return silence(m) !== null ? fail(504, "TIMEOUT", `${m.params}: nothing came in 400 ms, 3 tries`)
			: { status: 200, body: { items: site.registers.filter((r) => r.meter === id).map(lastRow) } };
	}
	return site[first] ? objects(method, first, id, q, body) : fail(404, "NOTFOUND", path);
}

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

createServer(async (req, res) => {
	const url = new URL(req.url, "http://mock");
	if (!url.pathname.startsWith("/api/v1/")) {
		const wanted = join(DIST, normalize(url.pathname));
		const file = extname(wanted) && existsSync(wanted) ? wanted : join(DIST, "index.html");
		if (!existsSync(file)) {
			res.writeHead(404).end("npm run build first, or npm run dev");
			return;
		}
		res.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
		return;
	}
	const path = url.pathname.slice("/api/v1/".length);
	if (path === "stream") {
		res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
		say(res, "hello", { now_utc: now(), generation: 1 });
		streams.add(res);
		req.on("close", () => streams.delete(res));
		return;
	}
	let text = "";
	for await (const chunk of req) {
		text += chunk;
	}
	const write = req.method !== "GET" && path !== "session" && req.headers["x-csrf-token"] !== "mock-csrf";
	const out = write ? fail(403, "DENIED", "X-CSRF-Token") : answer(req.method, path, url.searchParams, text ? JSON.parse(text) : {}, req.headers.cookie);
	const head = { "Content-Type": out.text === undefined ? "application/json" : "text/plain", "Cache-Control": "no-store" };
	if (out.cookie) {
		head["Set-Cookie"] = out.cookie;
	}
	res.writeHead(out.status, head).end(out.text ?? (out.body === undefined ? "" : JSON.stringify(out.body)));
}).listen(PORT, "127.0.0.1", () => console.log(`mock: http://127.0.0.1:${PORT}/ admin admin`));
