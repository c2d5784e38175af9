/*
 * session.ts - who is signed in
 */
import { cell, useCell } from "~/app/cell";
import { setLang } from "~/i18n/lang";
import { ApiProblem, get, onSignedOut, post, remove, setCsrf } from "./client";
import { startLive, stopLive } from "./live";
import { loadReference } from "./reference";
import { loadSiteZone } from "./site-zone";
import type { Session } from "./types";

type State =
	| { state: "asking" }
	| { state: "signed-out" }
	| { state: "unreachable"; problem: unknown }
	| ({ state: "signed-in" } & Session);

const session = cell<State>({ state: "asking" });

export const useSession = (): State => useCell(session);

/* The rights of who is signed in; none of them before. */
export function useRights(): Session["rights"] {
	const s = useCell(session);
	return s.state === "signed-in"
		? s.rights
		: { devices: false, operate: false, setup_devices: false, setup_places: false, edit: false, close: false, users: false };
}

async function enter(s: Session): Promise<void> {
	setCsrf(s.csrf);
	await Promise.all([loadReference(), loadSiteZone()]);
	session.set({ state: "signed-in", ...s });
	startLive();
}

function leave(): void {
	setCsrf("");
	stopLive();
	session.set({ state: "signed-out" });
}

export function startSession(): void {
	onSignedOut(leave);
	get("/session").then(enter).catch((problem: unknown) => {
		if (problem instanceof ApiProblem && problem.status === 401) {
			leave();
		} else {
			session.set({ state: "unreachable", problem });
		}
	});
}

export async function signIn(login: string, password: string): Promise<void> {
	const s = await post("/session", {}, { login, password });
	/* the language kept with the account counts only until the person chose one on this device */
	if ((s.user.lang === "ru" || s.user.lang === "en") && !hasChosenLang()) {
		setLang(s.user.lang);
	}
	await enter(s);
}

function hasChosenLang(): boolean {
	try {
		return window.localStorage.getItem("domovoi.lang") !== null;
	} catch {
		return false;
	}
}

export async function signOut(): Promise<void> {
	try {
		await remove("/session", {});
	} finally {
		leave();
	}
}
