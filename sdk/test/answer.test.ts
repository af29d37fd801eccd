/**
 * The first answer of a browser's connection: it is sent as soon as it has addresses, and those found after that follow it.
 *
 * The connection is a stand-in that keeps the order of a real one's operations, and nothing else.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerHandlers } from "../src/core/environment.js";
import { makePeer } from "../src/browser/peer.js";

const ADDRESS = "a=candidate:1 1 udp 1 192.0.2.1 1000 typ host\r\n";

/** Its last local description is set when the test says so. */
class Connection extends EventTarget {
  static made: Connection;
  signalingState = "stable";
  connectionState = "new";
  iceGatheringState = "gathering";
  localDescription: { type: string; sdp: string } | null = null;
  currentLocalDescription = null;
  currentRemoteDescription = null;
  onicecandidate: ((event: object) => void) | null = null;
  set: () => void = () => undefined;
  refuse: (error: Error) => void = () => undefined;

  constructor() {
    super();
    Connection.made = this;
  }

  getTransceivers() {
    return [];
  }
  async setRemoteDescription() {}
  async createAnswer() {
    return { type: "answer", sdp: "v=0\r\n" };
  }
  async setLocalDescription({ type, sdp }: { type: string; sdp: string }) {
    this.localDescription = { type, sdp: sdp + ADDRESS };
    if (type === "answer") await new Promise<void>((set, refuse) => Object.assign(this, { set, refuse }));
  }
}

Object.assign(globalThis, { RTCPeerConnection: Connection, MediaStream: class {} });

async function answered() {
  const seen: string[] = [];
  const handlers = {
    onCandidate: ({ candidate }: { candidate: string }) => seen.push(candidate),
    onFailed: () => seen.push("failed"),
  } as unknown as PeerHandlers<MediaStream>;
  const peer = makePeer({ iceServers: [], relayOnly: false }, null, { startKbps: null, dtx: true }, handlers, () => undefined);
  const answer = await peer.acceptOffer({ type: "offer", sdp: "v=0\r\n" });
  return { seen, answer, connection: Connection.made };
}

test("the first answer does not wait until it is set, and an address that is found meanwhile is not lost", async () => {
  const { seen, answer, connection } = await answered();
  assert.deepEqual(answer, { type: "answer", sdp: `v=0\r\n${ADDRESS}` });
  connection.onicecandidate!({ candidate: { candidate: "relay", toJSON: () => ({ candidate: "relay" }) } });
  assert.deepEqual(seen, ["relay"]);
});

test("an answer that the browser refuses after all is a failure, but of a connection that was closed", async () => {
  for (const isClosed of [false, true]) {
    const { seen, connection } = await answered();
    if (isClosed) connection.signalingState = "closed";
    connection.refuse(new Error("refused"));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(seen, isClosed ? [] : ["failed"]);
  }
});
