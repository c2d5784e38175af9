/*
 * building.tsx - one building: what it used, its supply input live, the façade, every flat
 */
import { useMemo } from "preact/hooks";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { Route } from "~/app/route";
import { useText } from "~/i18n/text";
import { BuildingFacts, MeterCounts } from "~/parts/building-facts";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { ResourceTiles } from "~/parts/resources";
import { useTitle } from "~/parts/title";
import { Facade } from "./facade";
import { FlatTable } from "./flat-table";
import { InputPanel } from "./input-panel";
import { layOut } from "./layout";
import { SectionNav } from "./section-nav";
import "./building.css";

export function BuildingPage({ id, route }: { id: number; route: Route }) {
	const t = useText();
	const rights = useRights();
	const summary = useGet("/places/{id}/summary", { id }, 60);
	const buildings = useGet("/buildings", {}, 60);
	const building = buildings.data?.items.find((b) => b.id === id);
	const layout = useMemo(() => summary.data ? layOut(summary.data.places) : null, [summary.data]);
	const place = summary.data?.places[0];
	useTitle(place?.name);

	const problem = (summary.data ? null : summary.problem) ?? (buildings.data ? null : buildings.problem);
	if (problem) {
		return <ProblemNotice problem={problem} retry={() => { summary.reload(); buildings.reload(); }} />;
	}
	if (!summary.data || !layout || !place || !buildings.data) {
		return <Busy />;
	}
	const zone = summary.data.calendar.zone;
	const isEmpty = summary.data.places.every((p) => p.channels.length === 0);
	return (
		<>
			<header>
				<nav class="crumbs" aria-label={t.nav.label}>
					<a href="/buildings">{t.nav.buildings}</a>
					{summary.data.path.slice(0, -1).map((p) => (
						<span key={p.id}>› <a href={`/buildings/${p.id}`}>{p.name}</a></span>
					))}
				</nav>
				<div>
					<h1>{place.name}</h1>
					{building?.address ? <p class="muted">{building.address}</p> : null}
				</div>
				<div class="head-end">
					{building ? <MeterCounts building={building} /> : null}
					{rights.setup_places
						? <a class="button bare" href={`/setup/places/${id}`}><Icon name="edit" />{t.edit}</a>
						: null}
				</div>
			</header>
			<SectionNav id={id} current="" />
			{building ? <BuildingFacts building={building} /> : null}
			{isEmpty ? (
				<section class="sheet">
					<Empty
						title={t.building.emptyTitle}
						actions={rights.setup_devices ? <a class="button main" href="/setup"><Icon name="setup" />{t.nav.setup}</a> : null}
					>
						{t.building.emptyText}
					</Empty>
				</section>
			) : null}
			{building && building.resources.length > 0 ? <ResourceTiles building={building} hasSpark /> : null}
			{layout.inputs.map((p) => <InputPanel key={p.id} place={p} zone={zone} />)}
			{layout.flats.length > 0 ? (
				<>
					<Facade layout={layout} route={route} zone={zone} />
					<FlatTable layout={layout} route={route} zone={zone} />
				</>
			) : null}
		</>
	);
}
