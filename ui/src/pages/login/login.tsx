/*
 * login.tsx - the way in
 */
import { useState } from "preact/hooks";
import { ApiProblem } from "~/api/client";
import { signIn } from "~/api/session";
import { LangSwitch } from "~/app/app";
import { useText } from "~/i18n/text";
import { Notice, ProblemNotice } from "~/parts/notice";
import { useTitle } from "~/parts/title";
import "./login.css";

export function LoginPage() {
	const t = useText();
	const [isBusy, setBusy] = useState(false);
	const [problem, setProblem] = useState<unknown>(null);
	const [isIncomplete, setIncomplete] = useState(false);
	useTitle(t.login.title);

	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const form = new FormData(event.currentTarget as HTMLFormElement);
		const login = String(form.get("login") ?? "").trim();
		const password = String(form.get("password") ?? "");
		setIncomplete(login === "" || password === "");
		setProblem(null);
		if (login === "" || password === "") {
			return;
		}
		setBusy(true);
		try {
			await signIn(login, password);
		} catch (e) {
			setProblem(e);
			setBusy(false);
		}
	};

	return (
		<main class="login">
			<div class="login-lang"><LangSwitch /></div>
			<form class="sheet" onSubmit={submit} noValidate>
				<div class="login-head">
					<img src="/icon.svg" alt="" width="44" height="44" />
					<div>
						<h1>{t.product}</h1>
						<p class="muted">{t.login.lead}</p>
					</div>
				</div>
				{problem instanceof ApiProblem && problem.status === 401
					? <Notice tone="bad" title={t.login.wrong}>{t.login.wrongText}</Notice>
					: problem ? <ProblemNotice problem={problem} /> : null}
				{isIncomplete ? <Notice tone="warning" title={t.login.required} /> : null}
				<label>
					{t.login.login}
					<input name="login" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus maxLength={63} />
				</label>
				<label>
					{t.login.password}
					<input name="password" type="password" autocomplete="current-password" maxLength={256} />
				</label>
				<button type="submit" class="button main" disabled={isBusy}>
					{isBusy ? t.login.busy : t.login.submit}
				</button>
				<p class="small muted">{t.login.help}</p>
			</form>
		</main>
	);
}
