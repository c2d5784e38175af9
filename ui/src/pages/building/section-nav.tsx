/*
 * section-nav.tsx - the way between the pages of a building
 */
import { useText } from "~/i18n/text";
import { Icon } from "~/parts/icon";
import { SECTIONS } from "./sections";

export function SectionNav({ id, current }: { id: number; current: string }) {
	const t = useText();
	if (SECTIONS.length === 0) {
		return null;
	}
	return (
		<nav class="tabs building-sections" aria-label={t.building.sections}>
			<a href={`/buildings/${id}`} aria-current={current === "" ? "page" : undefined}><Icon name="house" />{t.building.overview}</a>
			{SECTIONS.map((s) => (
				<a key={s.path} href={`/buildings/${id}/${s.path}`} aria-current={current === s.path ? "page" : undefined}>
					<Icon name={s.icon} />{s.text(t)}
				</a>
			))}
		</nav>
	);
}
