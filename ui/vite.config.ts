/*
 * vite.config.ts - one page, hashed assets, charts in a chunk of their own
 *
 * `npm run dev` proxies the API to a node or to the mock (DOMOVOI_URL, default the mock's port).
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
	resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
	esbuild: { jsx: "automatic", jsxImportSource: "preact" },
	build: {
		target: "es2022",
		/* the chart chunk is loaded after the first view; scripts/compress.mjs checks the budget */
		chunkSizeWarningLimit: 800,
		modulePreload: { polyfill: false },
	},
	server: { proxy: { "/api": process.env["DOMOVOI_URL"] ?? "http://127.0.0.1:8090" } },
});
