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

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(process.env.CALLBOX_EMBED_DIR ?? join(here, "../crates/callbox-server/embedded"), "sdk");
const source = (name) => join(here, `src/${name}.ts`);
/** Entries beside the client, which they share with an app that imports it directly. */
const BESIDE = ["react", "mock"];
/**
 * The most KB of each part, minified and compressed with brotli: a phone on a slow network loads the first before anything happens. A third
 * of a KB of it looks through the other side's description, which comes before anything else of a call; a tenth reports Firefox's lost paths.
 */
const KB_MAX = { index: 13.6, "core/call": 5, "core/watch": 3, "core/people": 2, react: 2, mock: 8 };
const shared = { absWorkingDir: here, bundle: true, format: "esm", target: "es2022" };
/** All that entries beside the client take from it is there already: its own entry exports it. */
const client = { name: "client", setup: (build) => build.onResolve({ filter: /^\.\.\/(index|core|browser\/environment)\.js$/ }, () => ({ path: "./index.js", external: true })) };
/** Loaded where it is needed, from a path that each caller finds too. */
const mock = { name: "mock", setup: (build) => build.onResolve({ filter: /^\.\.\/mock\.js$/ }, () => ({ path: "./mock.js", external: true })) };
/** Loaded once a call is there, or accounts are used, so they count by themselves. */
const later = { name: "later", setup: (build) => build.onResolve({ filter: /^\.\/(call|watch|people)\.js$/ }, ({ path }) => ({ path, external: true })) };
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
const tsc = fileURLToPath(import.meta.resolve("typescript/package.json")).replace("package.json", "bin/tsc");
execFileSync(process.execPath, [tsc, "-p", join(here, "tsconfig.types.json"), "--outDir", join(out, "dist")], { stdio: "inherit" });

const { name, version, description, license, type, sideEffects, exports, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(join(here, "package.json")));
const manifest = { name, version, description, license, type, sideEffects, exports, peerDependencies, peerDependenciesMeta, files: ["dist"] };
writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
cpSync(join(here, "README.md"), join(out, "README.md"));

for (const [entry, most] of Object.entries(KB_MAX)) {
  const { outputFiles } = await build({ ...shared, ...(BESIDE.includes(entry) ? beside : { plugins: [later, mock] }), entryPoints: [source(entry)], minify: true, write: false });
  const kb = brotliCompressSync(outputFiles[0].contents).length / 1024;
  console.log(`@callbox/client ${version}, ${entry}: ${kb.toFixed(2)} KB minified and compressed with brotli, ${most} are the most`);
  if (kb > most) throw new Error(`${entry} is larger than ${most} KB`);
}
