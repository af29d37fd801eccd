/**
 * A session was lost: what we and the server thought is compared.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { reconcile } from "../src/core/reconcile.js";
import type { CallState, Match } from "../src/core/state.js";

test("each difference between the server's snapshot and ours has its answer", () => {
  const match = { call: "c", kind: "random", side: "caller", sharedInterests: [], metBefore: false, relay: "auto" } as Match;
  const idle: CallState = { name: "media-ready" };
  const queued: CallState = { name: "queued", kind: "random", since: 0 };
  const [matched, connecting]: CallState[] = [
    { name: "matched", match },
    { name: "connecting", match },
  ];
  const call = (id: string, has_begun: boolean) => ({ state: "call", call: id, has_begun, is_peer_here: true }) as const;
  const waits = { state: "queued", kind: "random", waited_ms: 5 } as const;
  const nothing = { leave: null, isOver: false, call: null, wait: null };
  const table = [
    [{ state: "idle" }, idle, null, false, nothing],
    [{ state: "idle" }, queued, "random", false, { ...nothing, wait: "ask" }],
    [waits, queued, "random", false, { ...nothing, wait: "queued" }],
    [waits, queued, "invite", false, { ...nothing, wait: "ask" }],
    [waits, idle, null, false, { ...nothing, wait: "cancel" }],
    [{ state: "idle" }, connecting, "random", true, { ...nothing, isOver: true }],
    [waits, connecting, "random", true, { ...nothing, isOver: true, wait: "cancel" }],
    [{ state: "idle" }, matched, "random", true, { ...nothing, isOver: true, wait: "ask" }],
    [waits, matched, "random", true, { ...nothing, isOver: true, wait: "queued" }],
    [call("c", false), matched, "random", false, { ...nothing, call: "go-on" }],
    [call("c", false), matched, "random", true, { ...nothing, call: "confirm" }],
    [call("c", true), matched, "random", true, { ...nothing, call: "begin" }],
    [call("c", true), connecting, "random", true, { ...nothing, call: "go-on" }],
    [call("other", true), connecting, "random", true, { leave: "other", isOver: true, call: null, wait: null }],
    [call("other", true), idle, null, false, { ...nothing, leave: "other" }],
  ] as const;
  for (const [snapshot, state, wish, hasConfirmed, expected] of table) {
    assert.deepEqual(reconcile(snapshot, state!, wish, hasConfirmed), expected, JSON.stringify([snapshot, state, wish]));
  }
});
