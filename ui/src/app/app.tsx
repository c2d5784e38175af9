/*
 * app.tsx - the frame around every page: sections, language, state of the connection, banners
 */
import { useEffect, useErrorBoundary, useState } from "preact/hooks";
import type { ComponentChildren, ComponentType } from "preact";
import { useSession, signOut } from "~/api/session";
import { setLang, useLang, type Lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Icon, type IconName } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { Segmented } from "~/parts/segmented";
import { LoginPage } from "~/pages/login/login";
import { BuildingsPage } from "~/pages/buildings/buildings";
import { Banners } from "./banners";
import { LiveMark } from "./live-mark";
import { useRoute, type Route } from "./route";
import "./app.css";

/* Pages beyond the first are loaded when first opened. */
type PageProps = { id: number; route: Route };
type Loader = () => Promise<ComponentType<PageProps>>;

const LAZY: Record<string, Loader> = {
	building: () => import("~/pages/building/building").then((m) => m.BuildingPage),
	section: () => import("~/pages/building/section").then((m) => m.BuildingSection),
	channel: () => import("~/pages/channel/channel").then((m) => m.ChannelPage),
	lines: () => import("~/pages/lines/lines").then((m) => m.LinesPage),
	meter: () => import("~/pages/meter/meter").then((m) => m.MeterPage),
	line: () => import("~/pages/line/line").then((m) => m.LinePage),
	events: () => import("~/pages/events/events").then((m) => m.EventsPage),
	setup: () => import("~/pages/setup/setup").then((m) => m.SetupPage),
};

/* Which page an address names, and the object's id in it. */
function pageOf(route: Route): { page: string; id: number } | null {
	const [first = "buildings", second] = route.parts;
	if (first === "setup") {
		return { page: "setup", id: 0 };
	}
	if (second === undefined) {
		return ["buildings", "lines", "events"].includes(first) ? { page: first, id: 0 } : null;
	}
	const id = Number(second);
	if (first === "buildings" && route.parts.length === 3 && Number.isInteger(id) && id > 0) {
		return { page: "section", id };
	}
	const one: Record<string, string> = {
		buildings: "building", channels: "channel", meters: "meter", lines: "line",
	};
	const page = one[first];
	return page && Number.isInteger(id) && id > 0 && route.parts.length === 2 ? { page, id } : null;
}

function Lazy(props: { loader: Loader; children: (page: ComponentType<PageProps>) => ComponentChildren }) {
	const [page, setPage] = useState<{ of: Loader; type: ComponentType<PageProps> } | null>(null);
	const [problem, setProblem] = useState<unknown>(null);
	useEffect(() => {
		setProblem(null);
		props.loader().then((type) => setPage({ of: props.loader, type }), setProblem);
	}, [props.loader]);
	if (problem) {
		return <ProblemNotice problem={problem} retry={() => window.location.reload()} />;
	}
	return <>{page && page.of === props.loader ? props.children(page.type) : <Busy />}</>;
}

function Page({ route }: { route: Route }) {
	const t = useText();
	const [fault, resetFault] = useErrorBoundary((e) => console.error(e));
	useEffect(() => resetFault(), [route.path]);
	if (fault) {
		return <ProblemNotice problem={fault} retry={resetFault} />;
	}
	const found = pageOf(route);
	if (!found) {
		return (
			<Empty title={t.title.notFound} actions={<a class="button main" href="/buildings">{t.nav.buildings}</a>}>
				{t.notFound}
			</Empty>
		);
	}
	if (found.page === "buildings") {
		return <BuildingsPage route={route} />;
	}
	const loader = LAZY[found.page]!;
	/* keyed by object: another building starts with a clean page */
	return (
		<Lazy loader={loader}>
			{(Type) => <Type key={`${found.page}/${found.id}`} id={found.id} route={route} />}
		</Lazy>
	);
}

export function LangSwitch() {
	const lang = useLang();
	return (
		<Segmented<Lang>
			label="Язык / Language"
			options={[{ value: "ru", text: "RU" }, { value: "en", text: "EN" }]}
			value={lang}
			onChange={setLang}
		/>
	);
}

function Sections({ route }: { route: Route }) {
	const t = useText();
	const first = route.parts[0] ?? "buildings";
	const groups: { href: string; icon: IconName; text: string; short: string; of: string[] }[] = [
		{ href: "/buildings", icon: "house", text: t.nav.buildings, short: t.nav.buildings, of: ["buildings", "channels"] },
		{ href: "/lines", icon: "lines", text: t.nav.lines, short: t.nav.linesShort, of: ["lines", "meters"] },
		{ href: "/events", icon: "events", text: t.nav.events, short: t.nav.events, of: ["events"] },
		{ href: "/setup", icon: "setup", text: t.nav.setup, short: t.nav.setup, of: ["setup"] },
	];
	return (
		<nav class="sections" aria-label={t.nav.label}>
			{groups.map((g) => (
				<a key={g.href} href={g.href} aria-current={g.of.includes(first) ? "page" : undefined}>
					<Icon name={g.icon} />
					<span class="long">{g.text}</span>
					<span class="short">{g.short}</span>
				</a>
			))}
		</nav>
	);
}

export function App() {
	const t = useText();
	const lang = useLang();
	const route = useRoute();
	const session = useSession();
	useEffect(() => {
		document.documentElement.lang = lang;
	}, [lang]);
	if (session.state === "asking") {
		return <Busy />;
	}
	if (session.state === "unreachable") {
		return <main class="page"><ProblemNotice problem={session.problem} retry={() => window.location.reload()} /></main>;
	}
	if (session.state === "signed-out") {
		return <LoginPage />;
	}
	return (
		<>
			<a class="skip" href="#content">{t.skip}</a>
			<header class="frame">
				<a class="brand" href="/">
					<img src="/icon.svg" alt="" width="26" height="26" />
					<span>{t.product}</span>
				</a>
				<Sections route={route} />
				<div class="frame-end">
					<LiveMark />
					<LangSwitch />
					<span class="who small muted">{session.user.name || session.user.login}</span>
					<button type="button" class="button bare square" onClick={() => void signOut()} title={t.nav.signOut}>
						<Icon name="exit" />
						<span class="hidden-label">{t.nav.signOut}</span>
					</button>
				</div>
			</header>
			<main id="content" class="page" tabIndex={-1}>
				<Banners />
				<Page route={route} />
			</main>
		</>
	);
}
