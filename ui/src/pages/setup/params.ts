/*
 * params.ts - "address=5 baud=2400": a meter's driver parameters as text and as fields
 */
export function readParams(text: string): Map<string, string> {
	const out = new Map<string, string>();
	for (const word of text.split(/\s+/)) {
		const eq = word.indexOf("=");
		if (eq > 0) {
			out.set(word.slice(0, eq), word.slice(eq + 1));
		}
	}
	return out;
}

/* Empty ones are left out: the driver's default holds. */
export function writeParams(params: ReadonlyMap<string, string>): string {
	return [...params]
		.filter(([, value]) => value.trim() !== "")
		.map(([name, value]) => `${name}=${value.trim().replace(/\s+/g, "_")}`)
		.join(" ");
}
