/**
 * The page with our client.
 */
import "./trace.mjs";
import { CallboxClient } from "@callbox/client";
import { WISHES, click, fail, mark, show, shown } from "./side.mjs";

let client;
let confirm;

/** Waits until the client is in this state. */
function reached(name) {
  return new Promise((resolve) => {
    const stop = client.on("state", (state) => {
      if (state.name !== name) return;
      stop();
      resolve();
    });
  });
}

globalThis.bench = {
  shown,
  /** Signs in and opens the camera. A page that is asked confirms a match by `confirm`, else it is confirmed at once. */
  async open({ server, isAsked }) {
    const confirmed = new Promise((resolve) => (confirm = () => resolve(true)));
    client = new CallboxClient(isAsked ? { server, confirm: () => confirmed } : { server });
    client.on("state", (state) => {
      mark(state.match ? `state ${state.name} as ${state.match.side}` : `state ${state.name}`);
      if (state.name === "ended") fail(new Error(`the call ended: ${state.reason.cause}`));
    });
    client.on("error", fail);
    client.on("remote-stream", (stream) => stream && show(stream));
    await client.signIn({ age: "adult" });
    await client.startMedia(WISHES);
  },
  /** Waits in the queue. */
  async wait() {
    const queued = reached("queued");
    await client.seek();
    await queued;
  },
  /** Is matched with a waiting user. */
  async meet() {
    const matched = reached("matched");
    await client.seek();
    await matched;
  },
  cancel: () => client.cancel(),
  confirm: () => click(confirm),
  seek: () => click(() => client.seek().catch(fail)),
  leave() {
    client.hangUp();
    client.close();
  },
};
