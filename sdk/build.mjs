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
const entryPoints = [join(here, "src/index.ts"), join(here, "src/core.ts")];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  entryPoints,
  absWorkingDir: here,
  outdir: join(out, "dist"),
  bundle: true,
  splitting: true,
  chunkNames: "shared",
  format: "esm",
  target: "es2022",
});
const tsc = fileURLToPath(import.meta.resolve("typescript/package.json")).replace("package.json", "bin/tsc");
execFileSync(process.execPath, [tsc, "-p", join(here, "tsconfig.types.json"), "--outDir", join(out, "dist")], { stdio: "inherit" });

const { name, version, description, license, type, sideEffects, exports } = JSON.parse(readFileSync(join(here, "package.json")));
const manifest = { name, version, description, license, type, sideEffects, exports, files: ["dist"] };
writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
cpSync(join(here, "README.md"), join(out, "README.md"));

const { outputFiles } = await build({ entryPoints: [entryPoints[0]], bundle: true, minify: true, format: "esm", write: false });
const bytes = brotliCompressSync(outputFiles[0].contents).length;
console.log(`@callbox/client ${version}: ${(bytes / 1024).toFixed(1)} KB minified and compressed with brotli`);
