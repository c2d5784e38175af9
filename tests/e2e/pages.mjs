/*
 * pages.mjs - a browser opens every page of a running node in both languages
 *
 *   DOMOVOI_URL       http://127.0.0.1:8080
 *   DOMOVOI_LOGIN     who may see and set up everything
 *   DOMOVOI_PASSWORD
 *   DOMOVOI_SHOTS     folder for screenshots; none are kept without it
 *   DOMOVOI_CHROMIUM  /usr/bin/chromium
 *
 * Holds: the log-in works; each page draws its heading and no error; a live value changes within a
 * minute; chart, table and provenance say the same; at 390 px nothing is wider than the screen; no error
 * is written to the console and no request leaves the node. Needs `npm ci` in ui/ and a building with
 * channels. Ends with "N passed, N failed".
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { chromium } = createRequire(new URL("../../ui/package.json", import.meta.url))("playwright-core");

const BASE = (process.env.DOMOVOI_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
const { DOMOVOI_LOGIN: LOGIN = "admin", DOMOVOI_PASSWORD: PASSWORD = "", DOMOVOI_SHOTS: SHOTS } = process.env;
const LIVE_MS = 60_000;
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];
const SIZES = { wide: { width: 1400, height: 900 }, phone: { width: 390, height: 844 } };
const WORDS = {
	ru: { lang: "ru", nav: "Здания", other: "EN" },
	en: { lang: "en", nav: "Buildings", other: "RU" },
};

let passed = 0;
let onFailure = async () => {};
const failures = [];
async function check(name, body) {
	try {
		await body();
		passed++;
		console.log(`ok - ${name}`);
	} catch (e) {
		failures.push(name);
		await onFailure(name);
		console.log(`not ok - ${name}\n    ${String(e.message).split("\n").slice(0, 6).join("\n    ")}`);
	}
}

/* What must never happen, noted from the first request on. */
function watch(page, troubles) {
	page.on("console", (m) => {
		/* before the log-in the session is asked for and refused; the browser writes that down itself */
		const isAskingWho = m.location().url.endsWith("/api/v1/session") && /401/.test(m.text());
		if (m.type() === "error" && !isAskingWho) {
			troubles.push(`console: ${m.text()} ${m.location().url}`);
		}
	});
	page.on("pageerror", (e) => troubles.push(`exception: ${e.message}`));
	page.on("request", (r) => {
		const url = new URL(r.url());
		if (/^https?:|^wss?:/.test(url.protocol) && url.origin !== new URL(BASE).origin) {
			troubles.push(`request to another host: ${url.host}`);
		}
	});
}

async function settle(page) {
	await page.waitForSelector("#content h1", { timeout: 15_000 });
	await page.waitForFunction(() => !document.querySelector("main .busy"), null, { timeout: 15_000 });
}

async function shot(page, name) {
	if (SHOTS) {
		mkdirSync(SHOTS, { recursive: true });
		await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
	}
}

async function logIn(page) {
	await page.goto(`${BASE}/`);
	await page.fill("input[name=login]", LOGIN);
	await page.fill("input[name=password]", PASSWORD);
	await page.click("button[type=submit]");
	await settle(page);
}

async function chooseLang(page, lang) {
	await page.click(`.frame .segmented button:has-text("${lang.toUpperCase()}")`);
	await page.waitForFunction((l) => document.documentElement.lang === l, lang);
}

/* Addresses of one page of each kind, found as a person finds them: by following links. */
async function findPages(page) {
	const link = async (selector) => {
		const found = page.locator(selector).first();
		return await found.count() > 0 ? new URL(await found.getAttribute("href"), BASE).pathname : null;
	};
	await page.goto(`${BASE}/buildings`);
	await settle(page);
	const building = await link("main a[href^='/buildings/']");
	assert.ok(building, "no building on the overview");
	await page.goto(BASE + building);
	await settle(page);
	const gauge = await link(".gauges a[href^='/channels/']");
	const counter = await link(".flat-table a[href^='/channels/']") ?? await link("main a[href^='/channels/']");
	assert.ok(counter, "no channel in the building");
	/* every further page of the building, whatever there is */
	const sections = await page.$$eval(".building-sections a", (all) => all.map((a) => a.getAttribute("href")));
	await page.goto(`${BASE}/lines?show=all`);
	await settle(page);
	const meter = await link("main a[href^='/meters/']");
	const line = await link("main th a[href^='/lines/']");
	assert.ok(meter && line, "no meter or line");
	const pages = {
		buildings: "/buildings", building, "building-state": `${building}?colour=state&show=month`,
		heat: `${building}/heat`, "heat-hours": `${building}/heat?step=hour`,
		channel: counter, "channel-hours": `${counter}?step=hour`, "channel-months": `${counter}?step=month`,
		quality: `${building}/quality`,
		lines: "/lines", "lines-all": "/lines?show=all", line, meter, events: "/events", setup: "/setup",
		charges: `${building}/charges`, "setup-places": "/setup/places", "setup-meters": "/setup/meters", "setup-meter": meter.replace("/meters", "/setup/meters"),
		"setup-line": "/setup/lines/new", "setup-channels": "/setup/channels", "setup-bindings": "/setup/bindings",
		"setup-formulas": "/setup/formulas", "setup-formula": "/setup/formulas/new", "setup-parameters": "/setup/parameters",
		...Object.fromEntries(sections.filter((s) => s !== building).map((s) => [`building-${s.split("/").pop()}`, s])),
		checks: `${building}/checks`,
		graph: `${building}/graph`, efficiency: `${building}/efficiency`, risers: `${building}/risers`,
		missing: "/nowhere",
	};
	return gauge ? { ...pages, gauge } : pages;
}

async function checkPage(page, name, path, lang, size) {
	await check(`${name} ${lang} ${size}`, async () => {
		await page.goto(BASE + path);
		if (name === "missing") {
			await page.waitForSelector("main .empty");
		} else {
			await settle(page);
		}
		assert.equal(await page.getAttribute("html", "lang"), WORDS[lang].lang);
		const nav = await page.locator(".sections a .long").first().textContent();
		assert.equal(nav, WORDS[lang].nav);
		const problems = await page.locator("main [role=alert]").allTextContents();
		assert.deepEqual(problems, [], "an error is shown");
		if (name.startsWith("channel") || name === "gauge") {
			await page.waitForSelector("main .chart canvas, main .channel-main .empty");
		}
		if (name === "graph" || name === "efficiency") {
			await page.waitForSelector("main .chart canvas, main .empty");
		}
		await page.waitForTimeout(250);
		await shot(page, `${name}-${lang}-${size}`);
		const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
		assert.ok(over <= 0, `wider than the screen by ${over} px`);
	});
}

async function checkLive(page, path) {
	await check("a live value changes within a minute", async () => {
		await page.goto(BASE + path);
		await settle(page);
		const read = () => page.$$eval("[data-live]", (all) => all.map((e) => `${e.dataset.live}:${e.textContent}`).join("|"));
		const before = await read();
		assert.ok(before !== "", "no live values on the page");
		const until = Date.now() + LIVE_MS;
		while (await read() === before) {
			assert.ok(Date.now() < until, "nothing changed");
			await page.waitForTimeout(500);
		}
	});
}

async function checkProvenance(page, path) {
	await check("a click on a value says where it came from", async () => {
		await page.goto(`${BASE}${path}?step=day`);
		await settle(page);
		const button = page.locator(".archive-table .value-button", { hasNotText: "—" }).first();
		const shown = (await button.textContent()).trim();
		await button.click();
		await page.waitForSelector(".origin .origin-value");
		/* the panel may show more digits than the column */
		const number = (text) => Number(text.replace(/[\s\u202f]/g, "").replace(",", ".").replace("\u2212", "-").match(/^-?[\d.]+/)?.[0]);
		const digits = shown.split(/[.,]/)[1]?.length ?? 0;
		const told = number(await page.textContent(".origin .origin-value"));
		assert.ok(Math.abs(told - number(shown)) <= 0.5001 * 10 ** -digits, `the table says ${shown}, the panel ${told}`);
		assert.match(page.url(), /[?&]at=\d+/, "the choice is not in the address");
		await shot(page, "provenance");
		await page.keyboard.press("Escape");
		await page.waitForSelector(".origin", { state: "detached" });
	});
}

/* A building without doubtful values has nothing to decide. */
async function checkDoubt(page, building) {
	await check("a doubtful value opens with its neighbourhood and the ways to decide", async () => {
		await page.goto(`${BASE}${building}/checks`);
		await settle(page);
		await page.waitForSelector("main .check-line, main .empty");
		if (await page.locator(".check-line").count() === 0) {
			console.log("    no doubtful value: nothing to check");
			return;
		}
		await page.locator(".check-line").first().click();
		await page.waitForSelector(".decide .around svg");
		assert.ok(await page.locator(".decide-actions .button").count() >= 3, "no ways to decide");
		assert.match(page.url(), /[?&]at=\d+/, "the choice is not in the address");
		/* only what was checked and is right needs no further reason */
		await page.locator(".decide-actions button:not(.main)").last().click();
		await page.waitForSelector(".decide [role=alert]");
		await shot(page, "checks-open");
	});
}

/* Electricity only; a building without it has nothing to show here. */
async function checkZones(page) {
	await check("zones of a month come to its total, and the chosen calendar is in the address", async () => {
		await page.goto(`${BASE}/buildings`);
		const channel = await page.evaluate(async () => {
			const items = (await (await fetch("/api/v1/channels")).json()).items;
			return items.find((c) => c.quantity === "active_energy")?.id ?? null;
		});
		if (channel === null) {
			console.log("    no channel of electricity: nothing to check");
			return;
		}
		const number = (text) => Number(text.replace(/[\s\u202f]/g, "").replace(",", ".").match(/^[\d.]+/)?.[0]);
		await page.goto(`${BASE}/channels/${channel}`);
		await page.click(".zone-sheet .segmented button:nth-child(2)");
		await page.waitForFunction(() => document.querySelectorAll(".zone-table thead .zone-name").length === 3);
		assert.match(page.url(), /[?&]zones=population_3/);
		const cells = (await page.locator(".zone-table tbody tr").first().locator("td.number > span:first-child").allTextContents()).map(number);
		const total = number(await page.locator(".zone-table tbody tr").first().locator("td.number").nth(3).textContent());
		assert.ok(Math.abs(cells.slice(0, 3).reduce((a, b) => a + b, 0) - total) < 0.05, `${cells} and ${total}`);
		await shot(page, "zones");
	});
}

/* A changed formula shows what it would do to the archive; nothing is written. */
async function checkPreview(page) {
	await check("a changed formula shows what it would do before it is saved", async () => {
		await page.goto(`${BASE}/setup/formulas`);
		await settle(page);
		await page.locator("tbody a.row-link").first().click();
		const text = page.locator("form.setup-form textarea").first();
		await text.waitFor();
		const before = await text.inputValue();
		await text.fill(`1.5 * (${before})`);
		await page.locator(".preview-part button").click();
		await page.waitForSelector(".preview tbody tr");
		await shot(page, "preview");
		await page.goto(page.url());
		await text.waitFor();
		assert.equal(await text.inputValue(), before, "it was saved");
	});
}

async function checkBalance(page, building) {
	await check("the balance page keeps resource and month in its address and says whether it agrees", async () => {
		await page.goto(`${BASE}${building}/balance`);
		await settle(page);
		await page.waitForSelector(".balance-verdict .state");
		await page.click(".balance-month button:first-child");
		await page.waitForFunction(() => /[?&]month=\d{4}-\d\d/.test(window.location.search));
		await page.waitForSelector(".balance-nodes tbody tr");
		await shot(page, "balance");
	});
}

async function checkQuality(page, building) {
	await check("quality of supply: a service is chosen, its rules are told, and the address says which", async () => {
		await page.goto(`${BASE}${building}/quality`);
		await page.waitForSelector(".quality-detail .quality-rules");
		assert.equal(await page.locator(".quality-pick").count(), 6);
		await page.locator(".quality-pick").nth(2).click();
		await page.waitForFunction(() => document.querySelectorAll(".quality-pick")[2]?.getAttribute("aria-pressed") === "true");
		assert.match(page.url(), /[?&]service=heating/);
		await page.waitForSelector(".quality-detail .quality-rules summary .state");
		await page.locator(".quality-rules summary").click();
		assert.ok(await page.locator(".quality-rules tbody tr").count() > 10, "the rules are missing");
		await page.getByRole("button", { name: /Предыдущий месяц|Month before/ }).click();
		await page.waitForFunction(() => /[?&]month=\d{4}-\d{2}/.test(location.search));
	});
}

/* A building without computed channels has nothing to try. */
async function checkFormula(page) {
	await check("a wrong character of a formula is underlined, a right formula is tried at once", async () => {
		await page.goto(`${BASE}/buildings`);
		const formula = await page.evaluate(async () => (await (await fetch("/api/v1/formulas")).json()).items[0] ?? null);
		if (formula === null) {
			console.log("    no computed channel: nothing to check");
			return;
		}
		await page.goto(`${BASE}/setup/formulas/${formula.id}`);
		await page.waitForSelector(".formula-numbers");
		await page.fill("textarea[name=text]", "1 + )");
		await page.waitForSelector(".formula-copy u");
		assert.equal(await page.textContent(".formula-copy u"), ")");
		await page.click(".formula-field summary");
		await page.click(".formula-chips button");
		await shot(page, "formula-wrong");
		await page.fill("textarea[name=text]", formula.text);
		await page.waitForSelector(".formula-copy u", { state: "detached" });
		assert.ok((await page.textContent(".formula-numbers")).length > 0);
		await shot(page, "formula");
	});
}

async function checkKeyboard(page) {
	await check("the keyboard reaches the sections in order, and focus is seen", async () => {
		await page.goto(`${BASE}/buildings`);
		await settle(page);
		const seen = [];
		for (let i = 0; i < 6; i++) {
			await page.keyboard.press("Tab");
			seen.push(await page.evaluate(() => document.activeElement?.getAttribute("href") ?? ""));
		}
		assert.deepEqual(seen, ["#content", "/", "/buildings", "/lines", "/events", "/setup"]);
		const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
		assert.notEqual(outline, "none");
	});
}

const browser = await chromium.launch({ executablePath: process.env.DOMOVOI_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
const troubles = [];
try {
	const context = await browser.newContext({ viewport: SIZES.wide, locale: "ru-RU" });
	const page = await context.newPage();
	watch(page, troubles);
	onFailure = (name) => shot(page, `failed-${name.replace(/\W+/g, "-")}`);
	await check("the log-in page asks for a name and a password", async () => {
		await page.goto(`${BASE}/`);
		await page.waitForSelector("input[name=login]");
		await shot(page, "login");
		assert.equal(await page.locator("form.sheet [role=alert]").count(), 0);
	});
	let pages = null;
	await check("log in", () => logIn(page));
	await check("find a building, a channel, a line and a meter by their links", async () => {
		pages = await findPages(page);
	});
	if (pages) {
		for (const [size, viewport] of Object.entries(SIZES)) {
			await page.setViewportSize(viewport);
			for (const lang of ["ru", "en"]) {
				await page.goto(`${BASE}/buildings`);
				await settle(page);
				await chooseLang(page, lang);
				for (const [name, path] of Object.entries(pages)) {
					/* each further page of a building once in each language and size, not in all four */
					if (name.startsWith("building-") && name !== "building-state" && (size === "wide") !== (lang === "ru")) {
						continue;
					}
					await checkPage(page, name, path, lang, size);
				}
			}
		}
		await page.setViewportSize(SIZES.wide);
		await checkKeyboard(page);
		await checkProvenance(page, pages.channel);
		await checkDoubt(page, pages.building);
		await checkZones(page);
		await checkPreview(page);
		await checkBalance(page, pages.building);
		await checkQuality(page, pages.building);
		await checkFormula(page);
		await checkLive(page, pages.building);
		await page.emulateMedia({ colorScheme: "dark" });
		await checkPage(page, "building", pages.building, "en", "dark");
		await checkPage(page, "channel", pages.channel, "en", "dark");
	}
	await check("no error in the console, no request to another host", async () => assert.deepEqual(troubles, []));
	await check("log out", async () => {
		await page.goto(`${BASE}/buildings`);
		await settle(page);
		await page.click(".frame-end button.square");
		await page.waitForSelector("input[name=login]");
	});
} finally {
	await browser.close();
}
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);
