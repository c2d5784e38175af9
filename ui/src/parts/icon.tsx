/*
 * icon.tsx - the drawings of the application, 24 x 24, strokes of the text's own colour
 */
const PATHS = {
	ok: "M5 12.5l4.5 4.5L19 7.5",
	warning: "M12 4L2.8 20h18.4zM12 10v4.5M12 17.3v.2",
	silent: "M4 4l16 16M8.5 8.5a6 6 0 0 0-1 6M5.5 5.5a10 10 0 0 0-1.5 12M15.5 9.5a6 6 0 0 1 .8 5M18.5 6.5a10 10 0 0 1 1.8 10M12 12v.1",
	failed: "M8 3h8l5 5v8l-5 5H8l-5-5V8zM9 9l6 6M15 9l-6 6",
	disabled: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 9v6M15 9v6",
	unknown: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.8v.1",
	house: "M3 11.5L12 4l9 7.5M5.5 9.5V20h13V9.5",
	lines: "M4 7h16M4 12h16M4 17h16M8 5v4M15 10v4M10 15v4",
	events: "M6 4v16M10 6h10M10 12h10M10 18h10M6 6v.1",
	setup: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
	heat: "M12 3c1 4 5 5.5 5 11a5 5 0 0 1-10 0c0-2.5 1.5-3.5 2-5.5 1.5.5 2.5 2 2.5 3.5 1-2 1.5-5 .5-9z",
	drop: "M12 3.5c3.5 4.5 6 7.5 6 10.5a6 6 0 0 1-12 0c0-3 2.5-6 6-10.5z",
	hotdrop: "M12 3.5c3.5 4.5 6 7.5 6 10.5a6 6 0 0 1-12 0c0-3 2.5-6 6-10.5zM9.5 15.5c1-1.3 1.5-.3 2.5-1.5s1.5-.2 2.5-1.5",
	bolt: "M13 3L5.5 13.5H11L10 21l8-11h-5.7z",
	gas: "M12 3c2.5 4.5 6 6.5 6 11a6 6 0 0 1-12 0c0-3.5 3-6 6-11zM12 13v5",
	gauge: "M4.5 17a9 9 0 1 1 15 0M12 14l4-5M12 14v.1",
	thermometer: "M10 13.5V5a2 2 0 1 1 4 0v8.5a4 4 0 1 1-4 0zM12 9v8",
	left: "M14.5 5l-7 7 7 7",
	right: "M9.5 5l7 7-7 7",
	down: "M5 9.5l7 7 7-7",
	close: "M6 6l12 12M18 6L6 18",
	plus: "M12 5v14M5 12h14",
	copy: "M9 9h11v11H9zM5 15H4V4h11v1",
	download: "M12 4v11M7 11l5 5 5-5M5 20h14",
	refresh: "M19.5 9A8 8 0 1 0 20 13M20 4v5h-5",
	trace: "M3 12h3l2-6 4 12 3-9 2 3h4",
	edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
	trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
	clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5V12l3 2",
	user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5",
	exit: "M14 4H5v16h9M10 12h11M17.5 8l4 4-4 4",
	live: "M12 11v2M8 8a5.5 5.5 0 0 0 0 8M16 8a5.5 5.5 0 0 1 0 8M5 5a10 10 0 0 0 0 14M19 5a10 10 0 0 1 0 14",
	search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
	balance: "M12 4v16M7 20h10M4 7h16M4 7l-2 6a3 3 0 0 0 5 0zM20 7l-3 6a3 3 0 0 0 5 0z",
	link: "M9.5 14.5l5-5M8 12l-2.5 2.5a3.5 3.5 0 0 0 5 5L13 17M11 7l2.5-2.5a3.5 3.5 0 0 1 5 5L16 12",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
	return (
		<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
			<path d={PATHS[name]} />
		</svg>
	);
}
