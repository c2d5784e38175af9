/*
 * use-get.ts - data of the node on a page
 *
 * What was shown stays while it is loaded again; an answer that comes after the question changed is
 * dropped.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { useCell } from "~/app/cell";
import { get, urlOf, type GetAnswer, type GetPath, type Vars } from "./client";
import { refreshed } from "./live";

export interface Loaded<T> {
	data: T | null;
	problem: unknown;
	isLoading: boolean;
	reload: () => void;
}

/* `vars` null: nothing to ask yet. `everySeconds`: ask again by itself, for totals that grow. */
export function useGet<P extends GetPath>(path: P, vars: Vars | null = {}, everySeconds = 0): Loaded<GetAnswer<P>> {
	const epoch = useCell(refreshed);
	const [asked, setAsked] = useState(0);
	const url = vars === null ? null : urlOf(path, vars);
	const shown = useRef<string | null>(null);
	const [state, setState] = useState<{ data: GetAnswer<P> | null; problem: unknown; isLoading: boolean }>(
		{ data: null, problem: null, isLoading: url !== null });

	useEffect(() => {
		if (url === null || vars === null) {
			setState({ data: null, problem: null, isLoading: false });
			return undefined;
		}
		const abort = new AbortController();
		setState((s) => ({ ...s, isLoading: true }));
		get(path, vars, abort.signal).then(
			(data) => {
				shown.current = url;
				setState({ data, problem: null, isLoading: false });
			},
			(problem: unknown) => {
				if (!abort.signal.aborted) {
					setState((s) => ({ ...s, problem, isLoading: false }));
				}
			},
		);
		return () => abort.abort();
	}, [url, epoch, asked]);

	useEffect(() => {
		if (everySeconds <= 0 || url === null) {
			return undefined;
		}
		const timer = setInterval(() => {
			if (!document.hidden) {
				setAsked((n) => n + 1);
			}
		}, everySeconds * 1000);
		return () => clearInterval(timer);
	}, [everySeconds, url]);

	return { ...state, reload: () => setAsked((n) => n + 1) };
}
