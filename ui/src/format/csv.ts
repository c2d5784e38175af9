/*
 * csv.ts - rows of cells as text for spreadsheets
 */
export function csvText(rows: readonly (readonly string[])[], separator: string): string {
	const cell = (s: string): string =>
		s.includes(separator) || /["\r\n]/.test(s) ? `"${s.replace(/"/g, "\"\"")}"` : s;
	return rows.map((r) => r.map(cell).join(separator)).join("\r\n") + "\r\n";
}

/* What a clipboard of a spreadsheet holds. */
export const tabText = (rows: readonly (readonly string[])[]): string =>
	rows.map((r) => r.map((c) => c.replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
