/**
 * The React bindings: what is rendered ahead of time, which events of a client a component gets, and what the types promise.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement as h, StrictMode } from "react";
import type { ReactNode } from "react";
import { renderToString } from "react-dom/server";
import type { CallboxClient } from "../src/index.js";
import { CallboxProvider, useAccount, useCallbox, useCallboxEvent, useCallQuality, useDevices, useHistory, useProfile, useStream, useVideoChat } from "../src/react.js";
import type { VideoChat } from "../src/react.js";
import { World } from "./world.js";

function render(client: CallboxClient | null | undefined, Component: () => ReactNode): string {
  const props = client === undefined ? {} : { client };
  return renderToString(h(StrictMode, null, h(CallboxProvider, props, h(Component))));
}

test("rendered ahead of time, hooks tell what is so before the first click, and an action says that it needs a browser", () => {
  let chat: VideoChat | null = null;
  const html = render(undefined, () => {
    chat = useVideoChat();
    const { cameras, camera } = useDevices();
    const kept = [useAccount().account, useProfile().profile, useHistory().calls].map(String).join(" ");
    return `${chat.state.name} ${chat.signaling} ${String(useCallQuality())} ${cameras.length} ${String(camera)} ${String(useCallbox())} ${kept}`;
  });
  assert.equal(html, "idle offline null 0 null null null null null");
  assert.throws(() => chat?.hangUp(), /needs a browser/);
});

test("a component reads the client above it, and its actions are the client's own", async () => {
  const world = new World();
  const client = (await world.calling("caller")) as unknown as CallboxClient;
  await world.say({ type: "chat", call: "call-1", from: "callee", text: "hello" });
  await world.say({ type: "sends", call: "call-1", picture: "none", sound: true });
  await world.say({ type: "peer", call: "call-1", is_here: false });
  let chat: VideoChat | null = null;
  const html = render(client, () => {
    chat = useVideoChat();
    return `${chat.state.name} ${chat.match?.call ?? ""} ${chat.chat.map(({ text }) => text).join()} ${JSON.stringify(chat.peer)}`;
  });
  assert.equal(html.replaceAll("&quot;", '"'), 'connecting call-1 hello {"isHere":false,"picture":"none","sound":true}');
  chat!.hangUp();
  assert.equal(client.state.name, "ended");
});

test("without a provider a hook says what is missing", () => {
  const lone = () => renderToString(h(() => useVideoChat().state.name));
  assert.throws(lone, /<CallboxProvider>/);
});

/** Never called: the types are what is tested here, by the compiler. */
export function types() {
  useCallboxEvent("quality", (quality) => quality?.roundTripMs.toFixed());
  // @ts-expect-error there is no such event
  useCallboxEvent("nothing", () => undefined);
  // @ts-expect-error a listener gets a line, not a number
  useCallboxEvent("chat", (line: number) => line);
  const { state, seek, useDevice } = { ...useVideoChat(), ...useDevices() };
  void seek({ interests: ["chess"] });
  // @ts-expect-error interests are words
  void seek({ interests: [1] });
  void useDevice({ kind: "camera", id: "1" });
  // @ts-expect-error speakers are chosen where sound is played
  void useDevice({ kind: "speaker", id: "1" });
  if (state.name === "connected") state.since.toFixed();
  // @ts-expect-error only a call that is connected has begun
  state.since.toFixed();
  const { account, actions } = useAccount();
  account?.email?.toLowerCase();
  void actions?.signIn({ email: "ann@example.org", password: "correct horse" });
  // @ts-expect-error a password is needed to sign in by one
  void actions?.signIn({ email: "ann@example.org" });
  void useProfile().save({ name: "Ann", bio: "", interests: [], languages: ["de"], country: null });
  useHistory().calls?.map(({ partner_name }) => partner_name.length);
  // @ts-expect-error lists of calls are read, not written
  useHistory().calls?.push();
  const ref: (element: HTMLVideoElement | null) => void = useStream(null);
  return ref;
}
