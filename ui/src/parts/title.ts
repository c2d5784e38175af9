/*
 * title.ts - the title of the tab follows page and language
 */
import { useEffect } from "preact/hooks";
import { useText } from "~/i18n/text";

export function useTitle(...parts: (string | null | undefined)[]): void {
	const t = useText();
	const title = [...parts.filter((p) => p), t.product].join(" · ");
	useEffect(() => {
		document.title = title;
	}, [title]);
}
