/**
 * The page with PeerJS, as its documentation shows it: one calls, the other answers with a stream that it has already.
 */
import "./trace.mjs";
import { Peer } from "peerjs";
import { WISHES, click, fail, show, shown } from "./side.mjs";

let peer;
let stream;

function take(call) {
  call.on("stream", show);
  call.on("error", fail);
}

globalThis.bench = {
  shown,
  /** Registers this id and opens the camera. */
  async open({ server, stun, id }) {
    const { hostname, port } = new URL(server);
    // Without the option it would ask the STUN and TURN servers of its authors; this is the one that ours names too.
    peer = new Peer(id, { host: hostname, port: Number(port), path: "/", config: { iceServers: [{ urls: stun }] } });
    peer.on("error", fail);
    peer.on("call", (call) => {
      take(call);
      call.answer(stream);
    });
    await new Promise((resolve) => peer.once("open", resolve));
    stream = await navigator.mediaDevices.getUserMedia(WISHES);
  },
  call: (id) => click(() => take(peer.call(id, stream))),
  leave: () => peer.destroy(),
};
