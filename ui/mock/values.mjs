/*
 * values.mjs - plausible consumption as a pure function of channel and time, with everything that
 * goes wrong: gaps, estimates, an edit, late data, a replaced meter, a silent one
 */
import { CLASSES, FLAGS } from "./reference.mjs";

const HOUR = 3600;
const DAY = 86400;
const ZONE = 3 * HOUR; /* the mock's building is in Moscow, which keeps one offset */

/* A number 0..1 that depends on nothing but its inputs. */
export function noise(...keys) {
	let h = 2166136261;
	for (const k of keys) {
		h = Math.imul(h ^ (k & 0xffff), 16777619);
		h = Math.imul(h ^ (k >>> 16), 16777619);
	}
	h = Math.imul(h ^ h >>> 15, 2246822507);
	return ((h ^ h >>> 13) >>> 0) / 2 ** 32;
}

const SCALE = { heat_energy: 0.0021, hot_water: 0.008, cold_water: 0.011, active_energy: 0.31, volume_supply: 1.9,
	volume_return: 1.88, operating_time: 1 };
const GAUGES = { temperature_supply: 82, temperature_return: 51, flow_supply: 2.1, heat_power: 0.062, pressure_supply: 0.52,
	pressure_return: 0.38, active_power: 4.2, voltage: 229 };
/* morning and evening, nobody up at night */
const PROFILE = [.15, .1, .08, .08, .1, .3, 1.2, 2.1, 1.6, .9, .8, .8, .9, .8, .7, .8, 1, 1.5, 2.2, 2.4, 2.1, 1.6, 1, .4];

export const outdoor = (utc) => 1 - 6 * Math.sin((utc / DAY) * 0.31) + 3 * Math.sin(((utc + ZONE) / DAY - 0.35) * 2 * Math.PI);

export function gaugeAt(channel, utc) {
	const base = GAUGES[channel.quantity] ?? 10;
	const swing = channel.quantity.startsWith("temperature") ? (1 - outdoor(utc)) * 0.9 : 0;
	return base + swing + base * 0.02 * (noise(channel.id, Math.floor(utc / 20)) - 0.5);
}

export function hourAmount(channel, start, isInput) {
	if (channel.quantity === "operating_time") {
		return 1;
	}
	const scale = (SCALE[channel.quantity] ?? 0.01) * (isInput ? (channel.quantity === "heat_energy" ? 28 : 13.5) : 0.6 + noise(channel.id));
	const hour = Math.floor((start + ZONE) / HOUR) % 24;
	const shape = ["heat_energy", "volume_supply", "volume_return"].includes(channel.quantity)
		? Math.max(0.2, (18 - outdoor(start)) / 17)
		: PROFILE[hour];
	const digits = channel.quantity === "active_energy" ? 100 : isInput || channel.quantity !== "heat_energy" ? 1000 : 100000;
	return Math.round(scale * shape * (0.7 + 0.6 * noise(channel.id, Math.floor(start / HOUR))) * digits) / digits;
}

/* What went wrong in an hour: [class, source, flags]; class 8 is missing. */
export function hourQuality(channel, start, ctx) {
	const source = ctx.isInput(channel) ? 4 : 3;
	const age = Math.floor((ctx.now() - start) / DAY);
	if (ctx.silentSince(channel) !== null && start + HOUR > ctx.silentSince(channel)) {
		return [8, 0, 0];
	}
	const hour = Math.floor((start + ZONE) / HOUR) % 24;
	if (age === 5 && hour >= 9 && hour < 15) {
		return hour === 9 || hour === 14 ? [1, 1, 0] : [2, 1, 0];
	}
	if (age === 9 && channel.id % 3 === 0 && hour < 7) {
		return [8, 0, 0];
	}
	if (age === 12 && channel.id % 4 === 1) {
		return [0, source, hour === 11 ? FLAGS.REPLACED : 0];
	}
	if (age === 14 && hour === 20 && channel.id % 5 === 0) {
		return [5, 6, 0];
	}
	if (age === 3 && hour === 19 && channel.id % 7 === 0) {
		return [7, source, FLAGS.HIGH_SUSPECT];
	}
	return age === 2 && hour < 12 ? [0, 4, FLAGS.LATE] : [0, source, 0];
}

export const dayStart = (utc) => Math.floor((utc + ZONE) / DAY) * DAY - ZONE;
export function monthStart(utc, shift = 0) {
	const d = new Date((utc + ZONE) * 1000);
	return Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + shift, 1) / 1000 - ZONE;
}
export const periodStart = (period, utc) =>
	period === "month" ? monthStart(utc) : period === "day" ? dayStart(utc) : Math.floor(utc / HOUR) * HOUR;
export const periodNext = (period, start) =>
	period === "month" ? monthStart(start, 1) : start + (period === "day" ? DAY : HOUR);

/* One period of a channel out of its hours: { value, quality, source, flags, expected, present, classes }. */
export function periodValue(channel, period, start, ctx) {
	const end = Math.min(periodNext(period, start), Math.floor(ctx.now() / HOUR) * HOUR);
	const isGauge = ctx.kind(channel) !== "counter";
	let sum = 0;
	const out = { value: null, quality: 0, source: 9, flags: 0, expected: 0, present: 0, classes: {} };
	for (let h = start; h < end; h += HOUR) {
		const [q, s, f] = h < ctx.since ? [8, 0, 0] : hourQuality(channel, h, ctx);
		out.expected++;
		out.classes[CLASSES[q]] = (out.classes[CLASSES[q]] ?? 0) + 1;
		if (q === 8) {
			continue;
		}
		out.present++;
		sum += isGauge ? gaugeAt(channel, h + 1800) : hourAmount(channel, h, ctx.isInput(channel));
		out.quality = Math.max(out.quality, q);
		out.source = Math.min(out.source, s);
		out.flags |= f;
	}
	if (out.present === 0) {
		return { ...out, quality: 8, source: 0 };
	}
	if (out.present < out.expected && period !== "hour") {
		out.quality = Math.max(out.quality, 6);
	}
	return { ...out, value: isGauge ? sum / out.present : sum };
}

/* The register's reading, growing second by second. */
export function reading(channel, utc, ctx) {
	if (ctx.kind(channel) !== "counter") {
		return gaugeAt(channel, utc);
	}
	const hour = Math.floor(utc / HOUR) * HOUR;
	let total = 40 + 900 * noise(channel.id, 7);
	const day = dayStart(utc);
	total += (SCALE[channel.quantity] ?? 0.01) * 24 * (day - ctx.since) / DAY;
	for (let h = day; h < hour; h += HOUR) {
		total += hourAmount(channel, h, ctx.isInput(channel));
	}
	return total + hourAmount(channel, hour, ctx.isInput(channel)) * ((utc - hour) / HOUR);
}
