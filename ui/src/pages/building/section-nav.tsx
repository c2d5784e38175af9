/*
 * section-nav.tsx - the way between the pages of a building
 */
import { useGet } from "~/api/use-get";
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { SECTIONS } from "./sections";

export function SectionNav({ id, current }: { id: number; current: string }) {
	const t = useText();
	const needsPlaces = SECTIONS.some((s) => s.needs !== undefined);
	const summary = useGet("/places/{id}/summary", needsPlaces ? { id, totals: false } : null);
	const kinds = new Set(summary.data?.places.map((p) => p.kind));
	const shown = SECTIONS.filter((s) => s.needs === undefined || s.path === current || kinds.has(s.needs));
	return (
		<nav class="tabs building-sections" aria-label={t.building.sections}>
			<a href={`/buildings/${id}`} aria-current={current === "" ? "page" : undefined}><Icon name="house" />{t.building.overview}</a>
			{shown.map((s) => (
				<a key={s.path} href={`/buildings/${id}/${s.path}`} aria-current={current === s.path ? "page" : undefined}>
					<Icon name={s.icon} />{s.text(t)}
				</a>
			))}
		</nav>
	);
}
