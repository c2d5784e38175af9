/*
 * buildings.tsx - the overview: every building with its state, the age of its data, what it used
 */
import { useEffect, useState } from "preact/hooks";
import { useRights } from "~/api/session";
import { useGet } from "~/api/use-get";
import type { Building } from "~/api/types";
import { navigate, type Route } from "~/app/route";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { Busy, Empty, ProblemNotice } from "~/parts/notice";
import { ResourceTiles } from "~/parts/resources";
import { useTitle } from "~/parts/title";
import { BuildingFacts, buildingTrouble, MeterCounts } from "~/parts/building-facts";
import "./buildings.css";

const FEW = 3; /* up to here each card draws its last month, one request per resource */
const MANY = 6; /* from here on a search field is worth its place */

function Card({ building, hasSpark }: { building: Building; hasSpark: boolean }) {
	const t = useText();
	return (
		<li class="sheet building-card">
			<header>
				<div>
					<h2><a href={`/buildings/${building.id}`}>{building.name}</a></h2>
					{building.address ? <p class="muted small">{building.address}</p> : null}
				</div>
				<MeterCounts building={building} />
			</header>
			<BuildingFacts building={building} />
			{building.resources.length > 0
				? <ResourceTiles building={building} limit={4} hasSpark={hasSpark} />
				: <p class="muted building-none">{t.buildings.noResources}</p>}
		</li>
	);
}

export function BuildingsPage({ route }: { route: Route }) {
	const t = useText();
	const rights = useRights();
	const { data, problem, reload } = useGet("/buildings", {}, 60);
	const [search, setSearch] = useState("");
	useTitle(t.nav.buildings);
	/* a controller has one building: who comes to the bare address wants to see it, not a list of one */
	const only = route.path === "/" && data?.items.length === 1 ? data.items[0]!.id : null;
	useEffect(() => {
		if (only !== null) {
			navigate(`/buildings/${only}`, "replace");
		}
	}, [only]);
	if (problem && !data) {
		return <ProblemNotice problem={problem} retry={reload} />;
	}
	if (!data || only !== null) {
		return <Busy />;
	}
	if (data.items.length === 0) {
		return (
			<Empty
				title={t.buildings.emptyTitle}
				actions={rights.setup_places ? <a class="button main" href="/setup"><Icon name="setup" />{t.buildings.begin}</a> : null}
			>
				{rights.setup_places ? t.buildings.emptySetup : t.buildings.emptyWait}
			</Empty>
		);
	}
	const words = search.trim().toLocaleLowerCase();
	const shown = data.items
		.filter((b) => `${b.name} ${b.address}`.toLocaleLowerCase().includes(words))
		.sort((a, b) => buildingTrouble(b) - buildingTrouble(a) || a.name.localeCompare(b.name));
	return (
		<>
			<header>
				<h1>{t.nav.buildings}</h1>
				{data.items.length > MANY ? (
					<label class="building-search">
						<span class="hidden-label">{t.buildings.search}</span>
						<input type="search" placeholder={t.buildings.search} value={search} onInput={(e) => setSearch(e.currentTarget.value)} />
					</label>
				) : null}
			</header>
			{shown.length === 0 ? <p class="muted">{t.buildings.noneFound}</p> : null}
			<ul class={`building-list${data.items.length === 1 ? " single" : ""}`}>
				{shown.map((b) => <Card key={b.id} building={b} hasSpark={shown.length <= FEW} />)}
			</ul>
		</>
	);
}
