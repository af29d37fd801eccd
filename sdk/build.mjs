/**
 * Builds the package as the server serves it: plain files, the same bytes on every run and in every folder.
 *
 * Writes to `crates/callbox-server/embedded/sdk`, or below `CALLBOX_EMBED_DIR`.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { SHOWN, monitorScript } from "./monitor-script.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(process.env.CALLBOX_EMBED_DIR ?? join(here, "../crates/callbox-server/embedded"), "sdk");
const source = (name) => join(here, `src/${name}.ts`);
/** Entries beside the client, which they share with an app that imports it directly. */
const BESIDE = ["react", "mock"];
/** The cache of answers: its core has TanStack's query core within, and its hooks share the provider of the React entry. */
const DATA = ["data/core", "data"];
/** The monitor works without the client, so it shares nothing with it; its second half and what is about calls are files of their own. */
const MONITOR = ["monitor", "monitor/rest", "monitor/calls"];
/**
 * The most KB of each part, minified and compressed with brotli: a phone on a slow network loads the first before anything happens. A third
 * of a KB of it looks through the other side's description, which comes before anything else of a call; a tenth reports Firefox's lost paths,
 * and a tenth reads the state of a failed connection, which a fifth of a KB of `core/call` reports.
 */
const KB_MAX = {
  index: 13.6,
  "core/call": 5.4,
  "browser/stats": 1,
  "core/watch": 3,
  "core/people": 2,
  react: 2,
  mock: 8,
  data: 12,
  monitor: 2,
  "monitor/rest": 5.05,
  "monitor/calls": 1.2,
};
/** The most bytes of `/monitor.js`, of what a page without calls loads of it, and of all of it: it measures pages that nothing else of ours is on. */
const MONITOR_BYTES_MAX = [2_048, 7_040, 8_192];
const shared = { absWorkingDir: here, bundle: true, format: "esm", target: "es2022" };
/** All that entries beside the client take from it is there already: its own entry exports it. */
const client = { name: "client", setup: (build) => build.onResolve({ filter: /^\.\.\/(index|core|browser\/environment)\.js$/ }, () => ({ path: "./index.js", external: true })) };
/** Loaded where it is needed, from a path that each caller finds too. */
const mock = { name: "mock", setup: (build) => build.onResolve({ filter: /^\.\.\/mock\.js$/ }, () => ({ path: "./mock.js", external: true })) };
/** Loaded when the browser is idle, and with the first call. */
const rest = {
  name: "rest",
  setup(build) {
    build.onResolve({ filter: /\/rest\.js$/ }, () => ({ path: "./monitor/rest.js", external: true }));
    build.onResolve({ filter: /^\.\/calls\.js$/ }, () => ({ path: "./calls.js", external: true }));
  },
};
/** Loaded once a call is there or prepared, or accounts are used, so they count by themselves. */
const later = { name: "later", setup: (build) => build.onResolve({ filter: /^\.\/(call|stats|watch|people)\.js$/ }, ({ path }) => ({ path, external: true })) };
const data = {
  name: "data",
  setup(build) {
    build.onResolve({ filter: /^\.\.\/core\/errors\.js$/ }, () => ({ path: "../index.js", external: true }));
    build.onResolve({ filter: /^\.\/mutationCache\.js$/ }, () => ({ path: source("data/no-mutations") }));
    build.onResolve({ filter: /^\.\.\/react\.js$/ }, () => ({ path: "./react.js", external: true }));
  },
};
/** The hooks take the core as it is. */
const dataCore = { name: "data-core", setup: (build) => build.onResolve({ filter: /^\.\/(data\/)?core\.js$/ }, () => ({ path: "./data/core.js", external: true })) };
const cache = { plugins: [data], external: ["react"], define: { "process.env.NODE_ENV": '"production"' } };
const beside = { plugins: [client], external: ["react"] };

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  ...shared,
  entryPoints: ["index", "core"].map(source),
  outdir: join(out, "dist"),
  splitting: true,
  plugins: [mock],
  chunkNames: "[name]",
});
for (const name of BESIDE) await build({ ...shared, ...beside, entryPoints: [source(name)], outdir: join(out, "dist") });
for (const name of DATA)
  await build({ ...shared, ...cache, plugins: name === "data" ? [data, dataCore] : [data], entryPoints: [source(name)], outfile: join(out, `dist/${name}.js`) });
const monitor = (name) => ({ plugins: [rest], ...(name === "monitor/rest" && { define: SHOWN }) });
for (const name of MONITOR) await build({ ...shared, ...monitor(name), entryPoints: [source(name)], outfile: join(out, `dist/${name}.js`) });
const tsc = fileURLToPath(import.meta.resolve("typescript/package.json")).replace("package.json", "bin/tsc");
execFileSync(process.execPath, [tsc, "-p", join(here, "tsconfig.types.json"), "--outDir", join(out, "dist")], { stdio: "inherit" });

const { name, version, description, license, type, sideEffects, exports, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(join(here, "package.json")));
const manifest = { name, version, description, license, type, sideEffects, exports, peerDependencies, peerDependenciesMeta, files: ["dist"] };
writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
cpSync(join(here, "README.md"), join(out, "README.md"));

for (const [entry, most] of Object.entries(KB_MAX)) {
  const { outputFiles } = await build({
    ...shared,
    ...(DATA.includes(entry) ? cache : BESIDE.includes(entry) ? beside : MONITOR.includes(entry) ? monitor(entry) : { plugins: [later, mock] }),
    entryPoints: [source(entry)],
    minify: true,
    write: false,
  });
  const kb = brotliCompressSync(outputFiles[0].contents).length / 1024;
  console.log(`@callbox/client ${version}, ${entry}: ${kb.toFixed(2)} KB minified and compressed with brotli, ${most} are the most`);
  if (kb > most) throw new Error(`${entry} is larger than ${most} KB`);
}
let bytes = 0;
for (const [place, { file, contents }] of (await monitorScript()).entries()) {
  bytes += brotliCompressSync(contents).length;
  console.log(`${file}, with those before it: ${bytes} bytes compressed with brotli, ${MONITOR_BYTES_MAX[place]} are the most`);
  if (bytes > MONITOR_BYTES_MAX[place]) throw new Error(`${file} is too large`);
}
