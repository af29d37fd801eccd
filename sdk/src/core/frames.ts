/**
 * Handles each frame of the server: notifies the part that it is about.
 *
 * Answers are sent if the protocol asks for one. If a session is lost, the states of both sides are compared.
 */
import type { ClientFrame, ServerFrame, Snapshot } from "../generated/protocol.js";
import type { CurrentCall } from "./current-call.js";
import { CallboxError } from "./errors.js";
import type { Parts } from "./parts.js";
import { reconcile } from "./reconcile.js";
import type { HelloFrame } from "./signaling.js";
import { isRequeued } from "./state.js";

/** One frame; they come in order. */
export function handleFrame<Stream>(call: CurrentCall<Stream>, parts: Parts<Stream>, frame: ServerFrame): void {
  // A frame about a call that has ended crossed its end on the way.
  if ("call" in frame && frame.type !== "match" && !call.is(frame.call)) return;
  switch (frame.type) {
    case "hello":
      welcome(call, parts, frame);
      return parts.emit("watched", frame);
    case "stale":
    case "put":
    case "unwatched":
      return parts.emit("watched", frame);
    case "queued":
      // The lobby requeued us while we were leaving.
      if (parts.wishes.current === null) parts.link.send({ type: "cancel" });
      if (parts.wishes.current?.kind !== frame.kind) return;
      parts.calls.prepare(parts.media.stream);
      parts.calls.park();
      return call.move({ type: "queued", kind: frame.kind, since: parts.env.now() - frame.waited_ms });
    case "idle":
      return call.move({ type: "unqueued" });
    case "match":
      if (parts.wishes.current?.kind !== frame.kind) return parts.link.send({ type: "decline", call: frame.call });
      return void call.confirm(frame);
    case "begin":
      return call.begin();
    case "reveal":
      return parts.calls.current?.reveal();
    case "ice_servers":
      return parts.calls.setIceServers(frame.ice_servers);
    case "peer":
      parts.view.setPeer({ isHere: frame.is_here });
      return parts.calls.current?.handle(frame);
    case "offer":
    case "answer":
    case "candidates":
    case "restart":
    case "sends":
      return parts.calls.current?.handle(frame);
    case "chat":
      return parts.view.addLine("peer", frame.text);
    case "end": {
      const by = frame.by === null ? null : frame.by === call.match?.side ? "me" : "peer";
      return call.end({ cause: frame.cause, by, requeued: frame.requeued && parts.wishes.current !== null });
    }
    case "error":
      return refuse(call, parts, frame);
    default:
      // `leave` comes before the socket's end, which tells the same; `ping` is signaling's.
      return;
  }
}

/** The session was lost: what the new one is doing, and what may never have arrived. */
export function handleReset<Stream>(call: CurrentCall<Stream>, parts: Parts<Stream>, snapshot: Snapshot, lost: ClientFrame[]): void {
  const { match } = call;
  const { leave, isOver, call: step, wait } = reconcile(snapshot, call.state, parts.wishes.current?.kind ?? null, parts.keptCalls.isOf(match));
  if (lost.some((frame) => frame.type === "chat")) {
    parts.emit("error", new CallboxError("chat_uncertain", "The connection was interrupted: your last line may not have arrived."));
  }
  if (leave !== null) parts.link.send({ type: "end", call: leave, cause: "hangup" });
  for (const frame of lost) if (frame.type === "end" && frame.call === match?.call) parts.link.send(frame);
  if (isOver) call.end({ cause: "peer_lost", by: "me", requeued: wait === "ask" || wait === "queued" });
  if (step === "begin") call.begin();
  if (step === "confirm" && match) parts.link.send({ type: "confirm", call: match.call });
  // All that we sent of it may be lost.
  if (step !== null && snapshot.state === "call") {
    parts.view.setPeer({ isHere: snapshot.is_peer_here });
    parts.calls.current?.handleLost(snapshot.is_peer_here);
  }
  if (wait === "cancel") parts.link.send({ type: "cancel" });
  if (wait === "ask") parts.wishes.ask();
  if (wait === "queued" && snapshot.state === "queued") {
    call.move({ type: "queued", kind: snapshot.kind, since: parts.env.now() - snapshot.waited_ms });
  }
}

/** The beginning of a socket: a call that this page returns to continues, or has ended. */
function welcome<Stream>(call: CurrentCall<Stream>, parts: Parts<Stream>, hello: HelloFrame): void {
  const { snapshot } = hello;
  parts.calls.setPaths({ iceServers: hello.ice_servers, relayOnly: hello.relay_policy !== "auto" });
  parts.user.set(hello.user);
  const back = parts.keptCalls.handleHello(snapshot);
  if (back?.is === "left") parts.link.send({ type: "end", call: back.kept.match.call, cause: "hangup" });
  if (back === null || !call.is(back.kept.match.call)) return;
  if (back.is === "gone" || snapshot.state !== "call") return call.end({ cause: "left", by: "me", requeued: false });
  const isPeerHere = snapshot.is_peer_here;
  parts.view.setPeer({ isHere: isPeerHere });
  parts.calls.start(back.kept.match, parts.media.stream, { isOffered: false, counts: back.kept.counts, isPeerHere });
  if (snapshot.has_begun) return parts.calls.current?.begin();
  parts.calls.current?.negotiate();
  parts.link.send({ type: "confirm", call: snapshot.call });
}

function refuse<Stream>(call: CurrentCall<Stream>, parts: Parts<Stream>, { code, message, retry_after_ms: retryAfterMs }: Extract<ServerFrame, { type: "error" }>): void {
  // A frame that crossed the end of its call on the way: it happens whenever two act at once.
  if (code === "not_in_call") return;
  if (code === "busy") {
    // Our request crossed a wait or a match that we did not know of; that is declined, or ends here.
    if (parts.wishes.current === null || call.match !== null || call.state.name === "queued") return;
    parts.link.send({ type: "cancel" });
    return parts.wishes.ask();
  }
  parts.emit("error", new CallboxError(code, message, { retryAfterMs }));
  const isRetried = code === "rate_limited" && retryAfterMs !== undefined && parts.wishes.retry(retryAfterMs);
  if (!isRetried && isRequeued(call.state)) call.move({ type: "unqueued" });
}
