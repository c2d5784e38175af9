/*
 * banners.tsx - what concerns every page: the stream is cut, the database cannot be written
 */
import { useEffect, useState } from "preact/hooks";
import { errorText } from "~/api/client";
import { link, store, type Link } from "~/api/live";
import { useSiteZone } from "~/api/site-zone";
import { formatNumber } from "~/format/number";
import { formatTime } from "~/format/time";
import { useLang, type Lang } from "~/i18n/lang";
import { useText } from "~/i18n/text";
import { Notice } from "~/parts/notice";
import { useCell } from "./cell";

const PATIENCE_MS = 4000; /* a reconnection shorter than this is nobody's business */

function formatBytes(n: number, lang: Lang): string {
	const units = lang === "ru" ? ["Б", "КБ", "МБ", "ГБ"] : ["B", "kB", "MB", "GB"];
	let size = n;
	let i = 0;
	while (size >= 1000 && i < units.length - 1) {
		size /= 1000;
		i++;
	}
	return `${formatNumber(size, i === 0 || size >= 100 ? 0 : 1, lang)}\u00a0${units[i]}`;
}

function useLasting(l: Link): boolean {
	const [isLasting, setLasting] = useState(false);
	useEffect(() => {
		setLasting(false);
		if (l.is !== "cut") {
			return undefined;
		}
		const timer = setTimeout(() => setLasting(true), PATIENCE_MS);
		return () => clearTimeout(timer);
	}, [l.is]);
	return isLasting;
}

export function Banners() {
	const t = useText();
	const lang = useLang();
	const zone = useSiteZone();
	const l = useCell(link);
	const s = useCell(store);
	const isCut = useLasting(l) && l.is === "cut";
	const error = s?.error ? errorText(s.error) : null;
	return (
		<>
			{isCut ? (
				<Notice tone="warning" icon="silent" title={t.banner.stream}>
					{t.banner.streamText(formatTime(l.since, zone, lang))}
				</Notice>
			) : null}
			{s && !s.is_writable ? (
				<Notice
					tone="bad"
					title={s.failing_since_utc
						? `${t.banner.store} ${t.banner.storeSince(formatTime(s.failing_since_utc, zone, lang))}`
						: t.banner.store}
				>
					{error ? <p>{error.what}{error.detail ? `: ${error.detail}` : ""}. {t.error.check}: {error.check}.</p> : null}
					{s.spilled_batches > 0
						? <p>{t.banner.storeKept(s.spilled_batches, formatBytes(s.spilled_bytes, lang))}</p>
						: null}
				</Notice>
			) : null}
		</>
	);
}
