/*
 * live.ts - the stream of the node: live values, states of meters and lines, the store
 *
 * One EventSource per tab. EventSource reconnects by itself; after each hello whatever is on the page
 * is loaded again (`refreshed` grows), because the stream resumes nothing. States arrive in bursts
 * and are handed on at most twice a second.
 */
import { useEffect, useState } from "preact/hooks";
import { cell, useCell, type Cell } from "~/app/cell";
import { get } from "./client";
import { hearClock, hearMoment, nodeNow } from "./clock";
import type { LineState, MeterState, Status, StoreState, StreamReading } from "./types";

export type Link = { is: "connecting" } | { is: "live" } | { is: "cut"; since: number };

export const link = cell<Link>({ is: "connecting" });
export const refreshed = cell(0); /* grows when everything shown should be loaded again */
export const store = cell<StoreState | null>(null);
export const status = cell<Status | null>(null);
export const meterUpdates = cell<ReadonlyMap<number, MeterState>>(new Map());
export const lineUpdates = cell<ReadonlyMap<number, LineState>>(new Map());

export interface LiveValue {
	utc: number;
	value: number | null;
	quality: StreamReading["quality"];
}

const FLUSH_MS = 500;
const STATUS_MS = 30_000;
const RETRY_MS = 5_000;

const byChannel = new Map<number, Cell<LiveValue | null>>();
let source: EventSource | null = null;
let statusTimer: ReturnType<typeof setInterval> | undefined;
let flushTimer: ReturnType<typeof setTimeout> | undefined;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let newMeters = new Map<number, MeterState>();
let newLines = new Map<number, LineState>();

function channelCell(id: number): Cell<LiveValue | null> {
	let found = byChannel.get(id);
	if (!found) {
		found = cell<LiveValue | null>(null);
		byChannel.set(id, found);
	}
	return found;
}

/* The newer of what was loaded and what the stream brought since. */
export function useLiveChannel(id: number, loaded: LiveValue | null): LiveValue | null {
	const heard = useCell(channelCell(id));
	return !heard || (loaded && loaded.utc > heard.utc) ? loaded : heard;
}

function flush(): void {
	flushTimer = undefined;
	if (newMeters.size > 0) {
		meterUpdates.set(new Map([...meterUpdates.get(), ...newMeters]));
		newMeters = new Map();
	}
	if (newLines.size > 0) {
		lineUpdates.set(new Map([...lineUpdates.get(), ...newLines]));
		newLines = new Map();
	}
}

function refresh(): void {
	meterUpdates.set(new Map());
	lineUpdates.set(new Map());
	refreshed.set(refreshed.get() + 1);
}

function hear<T>(from: EventSource, name: string, take: (data: T) => void): void {
	from.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data) as T));
}

function connect(): void {
	const es = new EventSource("/api/v1/stream");
	source = es;
	hear<{ now_utc: number }>(es, "hello", (hello) => {
		hearClock(hello.now_utc);
		const isBack = link.get().is === "cut";
		link.set({ is: "live" });
		if (isBack) {
			refresh();
			void askStatus();
		}
	});
	hear<StreamReading>(es, "reading", (r) => {
		hearMoment(r.utc);
		if (r.channel !== null) {
			channelCell(r.channel).set({ utc: r.utc, value: r.value, quality: r.quality });
		}
	});
	hear<MeterState>(es, "meter", (m) => {
		newMeters.set(m.meter, m);
		flushTimer ??= setTimeout(flush, FLUSH_MS);
	});
	hear<LineState>(es, "line", (l) => {
		newLines.set(l.line, l);
		flushTimer ??= setTimeout(flush, FLUSH_MS);
	});
	hear<StoreState>(es, "store", (s) => store.set(s));
	hear<unknown>(es, "site", refresh);
	es.onerror = () => {
		if (link.get().is !== "cut") {
			link.set({ is: "cut", since: nodeNow() });
		}
		/* an answer that is no stream (503, 401) ends it for good: try again ourselves */
		if (es.readyState === EventSource.CLOSED && source === es) {
			clearTimeout(retryTimer);
			retryTimer = setTimeout(() => {
				if (source === es) {
					void askStatus(); /* tells a lost session from a node that is down */
					connect();
				}
			}, RETRY_MS);
		}
	};
}

async function askStatus(): Promise<void> {
	try {
		const s = await get("/status");
		hearClock(s.now_utc);
		status.set(s);
		store.set(s.store);
	} catch {
		/* the stream's own state says that the node does not answer */
	}
}

export function startLive(): void {
	stopLive();
	link.set({ is: "connecting" });
	void askStatus();
	statusTimer = setInterval(() => void askStatus(), STATUS_MS);
	connect();
}

export function stopLive(): void {
	source?.close();
	source = null;
	clearInterval(statusTimer);
	clearTimeout(flushTimer);
	clearTimeout(retryTimer);
	flushTimer = undefined;
	byChannel.clear();
	refresh();
}

/* True for the two seconds after `stamp` changed, but not at first sight. */
export function useJustChanged(stamp: number | undefined): boolean {
	const [seen, setSeen] = useState(stamp);
	const [isFresh, setFresh] = useState(false);
	useEffect(() => {
		if (stamp === seen) {
			return undefined;
		}
		setSeen(stamp);
		if (seen === undefined) {
			return undefined;
		}
		setFresh(true);
		const timer = setTimeout(() => setFresh(false), 2400);
		return () => clearTimeout(timer);
	}, [stamp]);
	return isFresh;
}
