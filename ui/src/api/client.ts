/*
 * client.ts - requests to the node, typed by the paths of docs/api.yaml
 *
 * Every failure is thrown as an ApiProblem that can say in both languages what happened and what to
 * check. An answer 401 ends the session here; the log-in page takes over.
 */
import { lang } from "~/i18n/lang";
import type { Texts } from "~/i18n/text";
import type { paths } from "./schema";
import type { ApiError } from "./types";

const BASE = "/api/v1";

type Json<T> = T extends { content: { "application/json": infer B } } ? B : undefined;
type Answer<O> = O extends { responses: infer R }
	? 200 extends keyof R ? Json<R[200]> : 201 extends keyof R ? Json<R[201]> : undefined
	: never;
type Body<O> = O extends { requestBody: { content: { "application/json": infer B } } } ? B : undefined;

type Paths<M extends string> = {
	[P in keyof paths]: paths[P] extends { [K in M]: { responses: unknown } } ? P : never;
}[keyof paths];
export type GetPath = Paths<"get">;
export type GetAnswer<P extends GetPath> = Answer<paths[P]["get"]>;
export type PostPath = Paths<"post">;
export type PostAnswer<P extends PostPath> = Answer<paths[P]["post"]>;
export type PutPath = Paths<"put">;
export type DeletePath = Paths<"delete">;

/* Path variables and query parameters together: {id} is taken from here, the rest is the query. */
export type Vars = Record<string, string | number | boolean | null | undefined>;

export class ApiProblem extends Error {
	constructor(readonly status: number, readonly body: ApiError | null) {
		super(body?.text.en ?? `HTTP ${status}`);
	}
}

/* No answer at all: the node is down or the network is. */
export class NoAnswer extends Error {}

export interface Problem {
	what: string;
	check: string;
	detail: string;
}

/* One of our errors, or anything else that was thrown, in words. */
export function problemOf(thrown: unknown, t: Texts): Problem {
	if (thrown instanceof ApiProblem) {
		return thrown.body
			? errorText(thrown.body)
			: { what: t.error.unexpected, check: t.error.unexpectedCheck, detail: `HTTP ${thrown.status}` };
	}
	if (thrown instanceof NoAnswer) {
		return { what: t.error.network, check: t.error.networkCheck, detail: "" };
	}
	return { what: t.error.page, check: t.error.pageCheck, detail: String(thrown) };
}

export function errorText(body: ApiError): Problem {
	const l = lang.get();
	const what = body.text[l];
	return {
		what: what.charAt(0).toUpperCase() + what.slice(1),
		check: body.check[l],
		detail: body.detail,
	};
}

let csrf = "";
let signedOut: () => void = () => undefined;

export function setCsrf(token: string): void {
	csrf = token;
}

export function onSignedOut(listener: () => void): void {
	signedOut = listener;
}

export function urlOf(path: string, vars: Vars = {}): string {
	const query = new URLSearchParams();
	let filled = path;
	for (const [name, value] of Object.entries(vars)) {
		if (value === null || value === undefined) {
			continue;
		}
		if (filled.includes(`{${name}}`)) {
			filled = filled.replace(`{${name}}`, encodeURIComponent(String(value)));
		} else {
			query.set(name, String(value));
		}
	}
	const text = query.toString();
	return BASE + filled + (text === "" ? "" : `?${text}`);
}

async function send(method: string, url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
	const headers: Record<string, string> = { Accept: "application/json" };
	if (body !== undefined) {
		headers["Content-Type"] = "application/json";
	}
	if (method !== "GET" && csrf !== "") {
		headers["X-CSRF-Token"] = csrf;
	}
	let response: Response;
	try {
		response = await fetch(url, {
			method, headers, signal: signal ?? null, credentials: "same-origin",
			body: body === undefined ? null : JSON.stringify(body),
		});
	} catch (e) {
		if (e instanceof DOMException && e.name === "AbortError") {
			throw e;
		}
		throw new NoAnswer();
	}
	if (response.ok) {
		return response;
	}
	let problem: ApiError | null = null;
	try {
		const parsed = (await response.json()) as ApiError;
		problem = parsed && parsed.text && parsed.check ? parsed : null;
	} catch {
		/* not ours: a proxy's page */
	}
	if (response.status === 401 && !url.endsWith("/session")) {
		signedOut();
	}
	throw new ApiProblem(response.status, problem);
}

async function json<T>(method: string, path: string, vars: Vars, body?: unknown, signal?: AbortSignal): Promise<T> {
	const response = await send(method, urlOf(path, vars), body, signal);
	return (response.status === 204 ? undefined : await response.json()) as T;
}

export const get = <P extends GetPath>(path: P, vars: Vars = {}, signal?: AbortSignal): Promise<GetAnswer<P>> =>
	json("GET", path, vars, undefined, signal);

export const post = <P extends PostPath>(
	path: P, vars: Vars, body?: Body<paths[P]["post"]>,
): Promise<Answer<paths[P]["post"]>> => json("POST", path, vars, body);

export const put = <P extends PutPath>(
	path: P, vars: Vars, body: Body<paths[P]["put"]>,
): Promise<Answer<paths[P]["put"]>> => json("PUT", path, vars, body);

export const remove = <P extends DeletePath>(path: P, vars: Vars): Promise<void> => json("DELETE", path, vars);

export async function getText(path: GetPath, vars: Vars): Promise<string> {
	return (await send("GET", urlOf(path, vars), undefined)).text();
}
