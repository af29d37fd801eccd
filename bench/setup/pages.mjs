/**
 * Serves the pages of both clients until it is killed. It has nothing to do with calls once they are loaded.
 *
 * `node bench/setup/pages.mjs HOST PORT` prints a line when it listens.
 */
import { createServer } from "node:http";
import { bundle } from "./bundle.mjs";

const NAMES = ["callbox", "peerjs"];
const [host, port] = process.argv.slice(2);
const texts = await bundle(NAMES);
const bodies = new Map(NAMES.map((name, index) => [`/${name}.js`, ["text/javascript", texts[index]]]));
for (const name of NAMES) {
  const html = `<!doctype html><title>${name}</title><video muted autoplay playsinline></video><script type=module src=/${name}.js></script>`;
  bodies.set(`/${name}`, ["text/html", html]);
}
const server = createServer((request, response) => {
  const [type, body] = bodies.get(new URL(request.url, "http://localhost").pathname) ?? [];
  response.writeHead(body === undefined ? 404 : 200, { "content-type": type ?? "text/plain" });
  response.end(body);
});
server.listen(Number(port), host, () => console.log("listening"));
