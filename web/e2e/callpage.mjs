/**
 * A page that is nothing but the SDK, on an origin of its own: it calls, and records all events that it gets and
 * when. `counted()` reads the browser's own counts of the newest connection, so the SDK's figures are not their own
 * judge.
 */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PROGRAM = `import { CallboxClient } from "./index.js";
const made = [];
globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration) {
    super({ ...configuration, ...forced });
    made.push(this);
  }
};
const { forced, relay, ...options } = JSON.parse(new URLSearchParams(location.search).get("options"));
const callbox = new CallboxClient(options);
const news = { state: [], signaling: [], media: [], quality: [] };
Object.assign(globalThis, { callbox, made, news });
for (const name of Object.keys(news)) callbox.on(name, (value) => news[name].push({ at: performance.now(), value }));
for (const [name, side] of [["local-stream", "local"], ["remote-stream", "remote"]]) {
  callbox.on(name, (stream) => (document.querySelector("." + side).srcObject = stream));
}
globalThis.counted = async () => {
  const all = [...(await made.at(-1).getStats()).values()];
  const of = (type, kind) => all.find((one) => one.type === type && one.kind === kind) ?? {};
  const [sound, picture] = [of("inbound-rtp", "audio"), of("inbound-rtp", "video")];
  const { concealedSamples = 0, totalSamplesReceived = 0 } = sound;
  const { framesDecoded = 0, frameWidth = 0 } = picture;
  return { at: performance.now(), connections: made.length, concealedSamples, totalSamplesReceived, framesDecoded, frameWidth };
};
await callbox.signIn({ age: "adult" });
await callbox.startMedia();
await callbox.seek({ relay });
`;
const HTML = `<!doctype html><html lang=en><title>call</title><video class=remote autoplay playsinline></video>
<video class=local autoplay playsinline muted></video><script type=module src=/app.js></script>`;

/** Serves the page; `open` makes somebody come and seek, with connections whose configuration is `forced` if that is
 * given, and hidden as `relay` says. */
export async function serveCallPage() {
  const stdin = { contents: PROGRAM, resolveDir: fileURLToPath(new URL("../../sdk/src", import.meta.url)), sourcefile: "app.ts" };
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false, target: "es2022" });
  const server = createServer(({ url }, response) => {
    const isScript = url === "/app.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? outputFiles[0].text : HTML);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const open = async (context, at, options) => {
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(String(error)));
    await page.goto(`${at}/?options=${encodeURIComponent(JSON.stringify(options))}`);
    return page;
  };
  return {
    open: (context, options) => open(context, origin, options),
    /** The same as a page of the server's own origin, for browsers in networks from which this one is not reached. */
    async openAt(context, at, options) {
      await context.route(`${at}/?options=*`, (route) => route.fulfill({ contentType: "text/html", body: HTML }));
      await context.route(`${at}/app.js`, (route) => route.fulfill({ contentType: "text/javascript", body: outputFiles[0].text }));
      return await open(context, at, { ...options, server: at });
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
