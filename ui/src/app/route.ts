/*
 * route.ts - addresses of pages: ordinary paths, so that any page can be mailed
 *
 * Plain <a href> elements are used everywhere; one listener turns clicks on them into navigation
 * without a reload. Query parameters hold object, period and view.
 */
import { cell, useCell } from "./cell";

export interface Route {
	path: string;
	parts: string[]; /* of the path: ["buildings", "1"] */
	query: URLSearchParams;
}

function current(): Route {
	const { pathname, search } = window.location;
	return {
		path: pathname,
		parts: pathname.split("/").filter((p) => p !== ""),
		query: new URLSearchParams(search),
	};
}

const route = cell<Route>(current());

export const useRoute = (): Route => useCell(route);

export function navigate(href: string, how: "push" | "replace" = "push"): void {
	const samePage = new URL(href, window.location.href).pathname === window.location.pathname;
	if (how === "push") {
		window.history.pushState(null, "", href);
	} else {
		window.history.replaceState(null, "", href);
	}
	route.set(current());
	if (!samePage) {
		window.scrollTo(0, 0);
	}
}

/* The present page with some query parameters changed; null removes one. */
export function withQuery(changes: Record<string, string | null>): string {
	const query = new URLSearchParams(window.location.search);
	for (const [name, value] of Object.entries(changes)) {
		if (value === null) {
			query.delete(name);
		} else {
			query.set(name, value);
		}
	}
	const text = query.toString();
	return window.location.pathname + (text === "" ? "" : `?${text}`);
}

export function startRouting(): void {
	window.addEventListener("popstate", () => route.set(current()));
	document.addEventListener("click", (event) => {
		if (event.defaultPrevented || event.button !== 0) {
			return;
		}
		if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
			return;
		}
		const anchor = (event.target as Element | null)?.closest?.("a");
		if (!anchor || anchor.target !== "" || anchor.hasAttribute("download")) {
			return;
		}
		const url = new URL(anchor.href, window.location.href);
		if (url.origin !== window.location.origin || url.pathname.startsWith("/api/")) {
			return;
		}
		if (url.hash !== "" && url.pathname === window.location.pathname) {
			return; /* a jump inside the page */
		}
		event.preventDefault();
		navigate(url.pathname + url.search);
	});
}
