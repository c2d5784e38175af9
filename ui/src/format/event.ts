/*
 * event.ts - codes of events in words
 */
/* "power_off" said in words where we know it, as it stands where not: meters have their own codes. */
export function eventName(code: string, names: Record<string, string>): string {
	const base = code.split(".")[0] ?? code;
	const words = names[code] ?? names[base];
	if (!words) {
		return code;
	}
	return names[code] || base === code ? words : `${words} ${code.slice(base.length + 1)}`;
}
