/*
 * en.ts - the English texts
 */
import type { Texts } from "./ru";

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const en: Texts = {
	product: "Domovoi",
	skip: "Skip to content",
	loading: "Loading…",
	close: "Close",
	cancel: "Cancel",
	save: "Save",
	delete: "Delete",
	edit: "Edit",
	add: "Add",
	retry: "Try again",
	back: "Back",
	all: "All",
	none: "none",
	never: "never",
	ago: (time) => `${time} ago`,
	since: (time) => `since ${time}`,
	till: (time) => `till ${time}`,
	dateFormat: "yyyy-mm-dd",
	today: "today",
	switchLang: "Переключить на русский",
	langName: "English",

	nav: {
		label: "Sections",
		buildings: "Buildings",
		lines: "Lines and meters",
		linesShort: "Meters",
		events: "Events",
		setup: "Setup",
		signOut: "Sign out",
	},

	title: {
		notFound: "Page not found",
	},
	notFound: "There is nothing at this address. The object may have been deleted, or the link is cut short.",

	login: {
		title: "Sign in",
		lead: "Heat, water and electricity of a building",
		login: "User name",
		password: "Password",
		submit: "Sign in",
		busy: "Checking…",
		required: "Fill in both fields",
		help: "An administrator creates accounts: domovoi user add",
	},

	error: {
		check: "Check",
		where: "Where",
		network: "The node does not answer",
		networkCheck: "the connection to the controller and that the domovoi service runs",
		unexpected: "The node gave an unexpected answer",
		unexpectedCheck: "the log of the node; please report it",
		page: "A fault on this page",
		pageCheck: "reload the page; if it happens again, please report it",
	},

	banner: {
		stream: "The connection to the node is lost",
		streamText: (time) => `Values on this page have not been updated since ${time}. It resumes by itself as soon as the node answers.`,
		store: "The database cannot be written",
		storeSince: (time) => `since ${time}`,
		storeKept: (n, bytes) =>
			`New values wait in a file on the disk: ${count(n, "batch", "batches")}, ${bytes}. They will be stored when the database is back.`,
		live: "Live",
		connecting: "Connecting…",
		cut: "Disconnected",
	},

	health: {
		unknown: "not asked yet",
		ok: "in order",
		disabled: "disabled",
		warning: "attention",
		silent: "no answer",
		failed: "failed",
	},

	quality: {
		MEASURED: "measured",
		INTERPOLATED: "interpolated",
		ESTIMATED: "estimated",
		CALCULATED: "calculated",
		SUBSTITUTED: "by contract",
		EDITED: "entered by hand",
		PARTIAL: "partial",
		SUSPECT: "suspect",
		MISSING: "missing",
	},
	source: {
		NONE: "none",
		ESTIMATE: "estimate",
		INTEGRATED: "integrated polls",
		POLLED: "difference of polled registers",
		METER: "the meter's archive",
		IMPORT: "import",
		MANUAL: "entered by hand",
	},
	flag: {
		ROLLOVER: "the counter wrapped",
		REPLACED: "meter replaced",
		RESET_SUSPECT: "the counter seems to have been reset",
		HIGH_SUSPECT: "more than the meter can pass",
		TIME_SUSPECT: "the meter's clock was wrong",
		ABNORMAL: "abnormal situation",
		LATE: "read later from the meter's memory",
	},

	step: { half_hour: "Half-hour", hour: "Hour", day: "Day", month: "Month" },
	stepOf: { half_hour: "half-hourly", hour: "hourly", day: "daily", month: "monthly" },

	range: {
		label: "Period",
		step: "Step",
		today: "Today",
		yesterday: "Yesterday",
		this_month: "This month",
		last_month: "Last month",
		own: "Own",
		from: "From",
		till: "To",
		apply: "Show",
		previous: "Previous period",
		next: "Next period",
		wrong: "Dates like yyyy-mm-dd, the beginning not after the end",
	},
};
