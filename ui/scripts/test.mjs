/*
 * test.mjs - bundle every tests/*.test.ts with esbuild (it comes with vite) and hand them to node's
 * own test runner, so that no test framework has to be installed.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
const out = mkdtempSync(join(tmpdir(), "domovoi-ui-test-"));
const sources = readdirSync(join(root, "tests")).filter((n) => n.endsWith(".test.ts"));
let status = 1;
try {
	await build({
		absWorkingDir: root,
		entryPoints: sources.map((n) => join("tests", n)),
		outdir: out,
		outExtension: { ".js": ".mjs" },
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node18",
		tsconfig: "tsconfig.json",
		logLevel: "warning",
	});
	const files = readdirSync(out).map((n) => join(out, n));
	status = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status ?? 1;
} finally {
	rmSync(out, { recursive: true, force: true });
}
process.exit(status);
