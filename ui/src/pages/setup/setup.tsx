/*
 * setup.tsx - from an empty node to the first value, and every object after that
 *
 * /setup              the steps, each with what is there and what to do next
 * /setup/KIND         all objects of a kind
 * /setup/KIND/new     add one
 * /setup/KIND/ID      change one
 */
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { Route } from "~/app/route";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { useTitle } from "~/parts/title";
import { FlatWizard } from "./flat-wizard";
import { KINDS, type Kind } from "./kinds";
import { ObjectForm } from "./object-form";
import { ObjectList } from "./object-list";
import "../lines/lines.css";
import "./setup.css";

function Steps() {
	const t = useText();
	const { data, problem, reload } = useGet("/status", {}, 10);
	useTitle(t.nav.setup);
	if (problem && !data) {
		return <ProblemNotice problem={problem} retry={reload} />;
	}
	if (!data) {
		return <Busy />;
	}
	const n = data.counts;
	/* registers appear by themselves: that step is done by waiting */
	const steps: { count: number; text: (typeof t.setup.steps)[number]; add: string; list: string }[] = [
		{ count: n.places, text: t.setup.steps[0]!, add: "/setup/places/new", list: "/setup/places" },
		{ count: n.lines, text: t.setup.steps[1]!, add: "/setup/lines/new", list: "/setup/lines" },
		{ count: n.meters, text: t.setup.steps[2]!, add: "/setup/meters/new", list: "/setup/meters" },
		{ count: n.registers, text: t.setup.steps[3]!, add: "/lines?show=all", list: "/lines?show=all" },
		{ count: n.bindings, text: t.setup.steps[4]!, add: "/lines?show=all", list: "/setup/channels" },
	];
	const next = steps.findIndex((s) => s.count === 0);
	return (
		<section class="sheet">
			<header>
				<div>
					<h2>{next < 0 ? t.setup.doneTitle : t.setup.stepsTitle}</h2>
					<p class="small muted">{next < 0 ? t.setup.doneText : t.setup.stepsText}</p>
				</div>
			</header>
			<ol class="steps">
				{steps.map((s, i) => (
					<li key={i} class={s.count > 0 ? "done" : i === next ? "next" : "later"}>
						<span class="step-mark" aria-hidden="true">{s.count > 0 ? <Icon name="ok" /> : i + 1}</span>
						<div>
							<h3>{s.text.title}</h3>
							<p class="small muted">{s.text.text}</p>
						</div>
						<div class="step-end">
							{s.count > 0 ? <a class="button bare" href={s.list}>{s.text.have(s.count)}</a> : null}
							{s.count > 0 && s.add !== s.list ? <a class="button" href={s.add}><Icon name="plus" />{t.add}</a> : null}
							{s.count === 0 ? <a class={`button${i === next ? " main" : ""}`} href={s.add}>{s.text.action}</a> : null}
						</div>
					</li>
				))}
			</ol>
		</section>
	);
}

export function SetupPage({ route }: { route: Route }) {
	const t = useText();
	const rights = useRights();
	const [, kindText, idText] = route.parts;
	const kind = KINDS.find((k) => k === kindText);
	if (!rights.setup_devices && !rights.setup_places) {
		return <Empty title={t.setup.deniedTitle}>{t.setup.deniedText}</Empty>;
	}
	if (kind && idText !== undefined) {
		const id = idText === "new" ? null : Number(idText);
		return id !== null && !(Number.isInteger(id) && id > 0)
			? <Empty title={t.title.notFound}>{t.notFound}</Empty>
			: (
				<>
					<ObjectForm key={`${kind}/${idText}`} kind={kind} id={id} query={route.query} />
					{kind === "places" && id !== null ? <FlatWizard place={id} /> : null}
				</>
			);
	}
	return (
		<>
			<header><h1>{t.nav.setup}</h1></header>
			<nav class="tabs" aria-label={t.nav.setup}>
				<a href="/setup" aria-current={kind ? undefined : "page"}>{t.setup.overview}</a>
				{KINDS.map((k: Kind) => <a key={k} href={`/setup/${k}`} aria-current={k === kind ? "page" : undefined}>{t.setup.kinds[k]}</a>)}
			</nav>
			{kind ? <ObjectList key={kind} kind={kind} /> : <Steps />}
		</>
	);
}
