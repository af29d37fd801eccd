/**
 * Shows runs of the simulator: `node sdk/test/sim/show.mjs SEED` step by step; `node sdk/test/sim/show.mjs FIRST COUNT` what
 * became of many, and how long it took. It bundles the sources as they are, and writes nothing but a folder that it removes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const folder = mkdtempSync(join(tmpdir(), "callbox-sim-"));
const outfile = join(folder, "report.mjs");
await build({
  entryPoints: [fileURLToPath(new URL("report.ts", import.meta.url))],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: "inline",
});
process.setSourceMapsEnabled(true);
const { showOne, showMany } = await import(pathToFileURL(outfile).href);
rmSync(folder, { recursive: true });
const [first, count] = process.argv.slice(2).map(Number);
if (!Number.isInteger(first)) throw new Error("usage: node sdk/test/sim/show.mjs SEED [COUNT]");
process.exitCode = count === undefined ? await showOne(first) : await showMany(first, count);
