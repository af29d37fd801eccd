/**
 * The pages of both clients, bundled and served from a free port of loopback: ours from its sources, PeerJS from npm.
 */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const NAMES = ["callbox", "peerjs"];

/** Serves them until `stop`. */
export async function servePages() {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: NAMES.map((name) => `${name}.mjs`),
    outdir: here,
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    alias: { "@callbox/client": fileURLToPath(new URL("../../sdk/src/index.ts", import.meta.url)) },
    nodePaths: [fileURLToPath(new URL("../peers/node_modules", import.meta.url))],
  });
  const bodies = new Map(NAMES.map((name, index) => [`/${name}.js`, ["text/javascript", outputFiles[index].text]]));
  for (const name of NAMES) {
    const html = `<!doctype html><title>${name}</title><video muted autoplay playsinline></video><script type=module src=/${name}.js></script>`;
    bodies.set(`/${name}`, ["text/html", html]);
  }
  const server = createServer((request, response) => {
    const [type, body] = bodies.get(new URL(request.url, "http://localhost").pathname) ?? [];
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type ?? "text/plain" });
    response.end(body);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
