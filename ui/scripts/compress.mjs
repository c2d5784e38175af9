/*
 * compress.mjs - a .gz beside every asset of dist/, and the budget of the first view
 *
 * The node serves the .gz as it stands: controllers have slow processors and slow modems. Fails when
 * what the browser loads for the first view (index.html, everything it names, and the charts) is
 * over 300 KB compressed.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const BUDGET = 300 * 1024;
const WORTH_IT = /\.(html|js|css|svg|json|txt)$/;

const index = readFileSync(join(DIST, "index.html"), "utf8");
/* pages are loaded when opened; the charts come with the first of them */
const isFirst = (name) => index.includes(name) || /^(index\.html|echarts|chart)/.test(name);

let total = 0;
let first = 0;
const walk = (dir) => {
	for (const name of readdirSync(dir).sort()) {
		const path = join(dir, name);
		if (statSync(path).isDirectory()) {
			walk(path);
		} else if (WORTH_IT.test(name)) {
			const packed = gzipSync(readFileSync(path), { level: 9 });
			writeFileSync(`${path}.gz`, packed);
			total += packed.length;
			first += isFirst(name) ? packed.length : 0;
			console.log(`${String(packed.length).padStart(8)}  ${path.slice(DIST.length)}`);
		}
	}
};
walk(DIST);
console.log(`${String(total).padStart(8)}  in all; ${first} for the first view, of ${BUDGET}`);
if (first > BUDGET) {
	console.error("compress: the first view is heavier than the budget");
	process.exit(1);
}
