/*
 * section.tsx - the frame of a building's further pages: whose it is, the way to the others, the page
 */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useGet } from "~/api/use-get";
import type { Route } from "~/app/route";
import { useText } from "~/i18n/text";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { useTitle } from "~/parts/title";
import { SectionNav } from "./section-nav";
import { SECTIONS, type Section, type SectionProps } from "./sections";
import "./building.css";

function Loaded({ section, id, route }: { section: Section } & SectionProps) {
	const [page, setPage] = useState<{ of: Section; type: ComponentType<SectionProps> } | null>(null);
	const [problem, setProblem] = useState<unknown>(null);
	useEffect(() => {
		setProblem(null);
		section.load().then((type) => setPage({ of: section, type }), setProblem);
	}, [section]);
	if (problem) {
		return <ProblemNotice problem={problem} retry={() => window.location.reload()} />;
	}
	if (!page || page.of !== section) {
		return <Busy />;
	}
	const Type = page.type;
	return <Type key={`${section.path}/${id}`} id={id} route={route} />;
}

export function BuildingSection({ id, route }: { id: number; route: Route }) {
	const t = useText();
	const section = SECTIONS.find((s) => s.path === route.parts[2]);
	const buildings = useGet("/buildings", {}, 60);
	const building = buildings.data?.items.find((b) => b.id === id);
	useTitle(section?.text(t), building?.name);
	if (!section) {
		return <Empty title={t.title.notFound} actions={<a class="button main" href={`/buildings/${id}`}>{t.building.overview}</a>}>{t.notFound}</Empty>;
	}
	return (
		<>
			<header>
				<nav class="crumbs" aria-label={t.nav.label}>
					<a href="/buildings">{t.nav.buildings}</a>
					<span>› <a href={`/buildings/${id}`}>{building?.name ?? "…"}</a></span>
				</nav>
				<h1>{section.text(t)}</h1>
			</header>
			<SectionNav id={id} current={section.path} />
			<Loaded section={section} id={id} route={route} />
		</>
	);
}
