/*
 * copy-table.tsx - a table as it stands, into the clipboard or a file for a spreadsheet
 *
 * Russian spreadsheets expect a semicolon between cells and a decimal comma; the byte-order mark tells
 * them the text is UTF-8.
 */
import { useState } from "preact/hooks";
import { csvText, tabText } from "~/format/csv";
import { lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon } from "./icon";

/* Without https the clipboard interface is absent; a selected text area still copies. */
async function copy(text: string): Promise<boolean> {
	if (navigator.clipboard) {
		try {
			await navigator.clipboard.writeText(text);
			return true;
		} catch {
			/* refused: the old way */
		}
	}
	const area = document.createElement("textarea");
	area.value = text;
	area.style.position = "fixed";
	area.style.opacity = "0";
	document.body.append(area);
	area.select();
	const isDone = document.execCommand("copy");
	area.remove();
	return isDone;
}

function download(name: string, text: string): void {
	const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
	const anchor = document.createElement("a");
	anchor.href = url;
	anchor.download = name;
	anchor.click();
	setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export function CopyTable(props: { name: string; rows: () => string[][] }) {
	const t = useText();
	const [said, setSaid] = useState("");
	const say = (text: string) => {
		setSaid(text);
		setTimeout(() => setSaid(""), 2500);
	};
	return (
		<span class="copy-table">
			<button
				type="button"
				class="button bare"
				onClick={() => void copy(tabText(props.rows())).then((ok) => say(ok ? t.table.copied : t.table.notCopied))}
			>
				<Icon name="copy" />{said !== "" ? said : t.table.copy}
			</button>
			<button
				type="button"
				class="button bare"
				onClick={() => download(`${props.name}.csv`, csvText(props.rows(), lang.get() === "ru" ? ";" : ","))}
			>
				<Icon name="download" />CSV
			</button>
			<span class="hidden-label" role="status">{said}</span>
		</span>
	);
}
