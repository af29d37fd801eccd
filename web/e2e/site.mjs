/**
 * A site of somebody else's, on another origin, whose pages have the monitor's script tag. It keeps the beacons that come, as
 * the newest of each view, and can be away.
 */
import { createServer } from "node:http";

const NOTHING = () => undefined;

/**
 * Serves pages whose HTML `page` makes from their path, with the monitor of `origin`; `attributes` are its tag's.
 * `answer` may answer a request by itself: then it returns true. With `toServer` beacons go to the server, as on a real site, and none is kept here.
 */
export async function serveSite(origin, { page, attributes = "", answer = NOTHING, toServer = false }) {
  const beacons = [];
  const site = {
    beacons,
    isAway: false,
    /** How beacons are answered. */
    status: 204,
    /** The newest beacon of each view, in the order of the views. */
    views: () => [...new Map(beacons.toSorted((a, b) => a.sequence - b.sequence).map((beacon) => [beacon.view, beacon])).values()].sort((a, b) => a.started_at - b.started_at),
    /** Waits until the views are so, and returns them. */
    async until(isSo, what, seconds = 15) {
      for (let attempt = 0; attempt < seconds * 10; attempt++) {
        const views = site.views();
        if (isSo(views)) return views;
        await new Promise((done) => setTimeout(done, 100));
      }
      throw new Error(`not within ${seconds} s: ${what}; there is ${JSON.stringify(site.views(), null, 1)}`);
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
  const server = createServer(async (request, response) => {
    if (site.isAway) return request.socket.destroy();
    if (await answer(request, response)) return;
    if (request.method === "POST") {
      let text = "";
      for await (const part of request) text += part;
      if (site.status < 300) beacons.push(JSON.parse(text));
      return response.writeHead(site.status).end();
    }
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><html lang=en><title>site</title><link rel=icon href=data:,>
<script src="${origin}/monitor.js" ${toServer ? "" : "data-endpoint=/beacons"} ${attributes}></script>${page(new URL(request.url, "http://site").pathname)}`);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  site.origin = `http://127.0.0.1:${server.address().port}`;
  return site;
}
