/*
 * age.tsx - how long ago, with the moment itself on demand
 */
import { useNow } from "~/api/clock";
import { useSiteZone } from "~/api/site-zone";
import { formatDuration, formatTime } from "~/format/time";
import { useLang } from "~/i18n/lang";
import { useText } from "~/i18n/text";

export function Age(props: { utc: number | null; zone?: string }) {
	const t = useText();
	const lang = useLang();
	const now = useNow();
	const siteZone = useSiteZone();
	if (props.utc === null) {
		return <span class="muted">{t.never}</span>;
	}
	return (
		<time
			dateTime={new Date(props.utc * 1000).toISOString()}
			title={formatTime(props.utc, props.zone ?? siteZone, lang)}
		>
			{t.ago(formatDuration(now - props.utc, lang))}
		</time>
	);
}
