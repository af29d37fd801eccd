/**
 * Builds the pages as the server embeds them: rendered ahead of time, the same bytes on every run and in every folder.
 *
 * Writes to `crates/callbox-server/embedded/web`, or below `CALLBOX_EMBED_DIR`. The server puts the content hash
 * where `__HASH__` stands.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { monitorScript } from "../sdk/monitor-script.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(process.env.CALLBOX_EMBED_DIR ?? join(here, "../crates/callbox-server/embedded"), "web");
const shared = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  alias: {
    "@callbox/client/data": join(here, "../sdk/src/data.ts"),
    "@callbox/client/react": join(here, "../sdk/src/react.ts"),
    "@callbox/client": join(here, "../sdk/src/index.ts"),
    react: "preact/compat",
  },
  // The pages have a server: whatever is not called is left out, and the client is not wrapped to be loaded late.
  external: ["../mock.js"],
};

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "assets"), { recursive: true });
await build({
  ...shared,
  entryPoints: {
    app: join(here, "src/entry.tsx"),
    landing: join(here, "src/landing-entry.ts"),
    docs: join(here, "src/docs-entry.tsx"),
    account: join(here, "src/account-entry.tsx"),
    moderation: join(here, "src/moderation-entry.tsx"),
    dashboard: join(here, "src/dashboard-entry.tsx"),
  },
  outdir: join(out, "assets"),
  minify: true,
  target: "es2022",
  legalComments: "none",
});
// One script tag for any site, and what it loads later.
for (const { file, contents } of await monitorScript()) writeFileSync(join(out, "assets", file), contents);
await build({ ...shared, entryPoints: { app: join(here, "src/styles/app.css"), dashboard: join(here, "src/styles/dashboard.css") }, outdir: join(out, "assets"), minify: true });
cpSync(join(here, "public"), join(out, "assets"), { recursive: true });

const temporary = mkdtempSync(join(tmpdir(), "callbox-prerender-"));
const renderer = join(temporary, "prerender.mjs");
await build({ ...shared, entryPoints: [join(here, "src/prerender.tsx")], outfile: renderer, platform: "node" });
const { pages } = await import(pathToFileURL(renderer).href);
for (const [name, html] of Object.entries(pages)) writeFileSync(join(out, name), html);
rmSync(temporary, { recursive: true });
