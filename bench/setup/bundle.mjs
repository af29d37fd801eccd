/**
 * The bench's pages and scripts as browsers take them: our client from its sources, PeerJS from npm.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The texts of these scripts of this folder; `esm` for pages of the bench, `iife` for what is put into other pages. */
export async function bundle(names, format = "esm") {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: names.map((name) => `${name}.mjs`),
    outdir: here,
    write: false,
    bundle: true,
    minify: true,
    format,
    target: "es2022",
    alias: { "@callbox/client": fileURLToPath(new URL("../../sdk/src/index.ts", import.meta.url)) },
    nodePaths: [fileURLToPath(new URL("../peers/node_modules", import.meta.url))],
  });
  return outputFiles.map(({ text }) => text);
}
