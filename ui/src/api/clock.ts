/*
 * clock.ts - the node's time, which ages and deadlines are counted from
 *
 * The browser's clock may be wrong and the node's may be virtual, running faster than the wall's; so
 * the node's word is taken as often as it comes and run on at wall speed between.
 */
import { useEffect, useState } from "preact/hooks";

let base = Date.now() / 1000;
let heardAt = performance.now();

export function hearClock(utc: number): void {
	base = utc;
	heardAt = performance.now();
}

/* A time that cannot lie in the node's future (a reading) moves the clock forward only. */
export function hearMoment(utc: number): void {
	if (utc > nodeNow()) {
		hearClock(utc);
	}
}

export const nodeNow = (): number => base + (performance.now() - heardAt) / 1000;

/* The node's time, drawn anew every `seconds`. */
export function useNow(seconds = 15): number {
	const [now, setNow] = useState(nodeNow);
	useEffect(() => {
		const timer = setInterval(() => setNow(nodeNow()), seconds * 1000);
		return () => clearInterval(timer);
	}, [seconds]);
	return now;
}
