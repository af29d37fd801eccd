/**
 * What the page knows, as signals, and what it can do, as functions. The faces only show and call.
 *
 * One client for the page's life. Errors end up in `problem`, in words' terms; nothing is thrown at a face.
 */
import { CallboxClient, CallboxError, matchOf } from "@callbox/client";
import type { AgeClass, CallboxErrorCode, CallState, Invite, SignalingState, User } from "@callbox/client";
import { computed, signal } from "@preact/signals";
import { follow } from "./chat.js";
import { interests, takeTyped } from "./interests.js";

export type Face = "welcome" | "age" | "camera" | "ready" | "waiting" | "call" | "ended" | "offline" | "elsewhere" | "unsupported";

/** `null` while the page is rendered ahead of time, where there is no browser. */
let client: CallboxClient | null = null;

export const user = signal<User | null>(null);
export const callState = signal<CallState>({ name: "idle" });
export const localStream = signal<MediaStream | null>(null);
export const remoteStream = signal<MediaStream | null>(null);
export const microphoneOn = signal(true);
export const cameraOn = signal(true);
/** The invite in the page's address: somebody else's. */
export const invitedBy = signal<string | null>(null);
/** The invite that was made here. */
export const ownInvite = signal<Invite | null>(null);
/** What went wrong last. `too_often`: a limit that, unlike that of matching, no waiting by itself resolves. */
export const problem = signal<CallboxErrorCode | "too_often" | null>(null);
/** How it stands with the server; `null` until there was a connection. */
export const signaling = signal<SignalingState | null>(null);
/** Whether the other person's picture and sound were interrupted. */
export const isInterrupted = signal(false);
/** Whether something is under way that the person waits for. */
export const isBusy = signal(false);
/** Whether we wait again because the other person left. */
export const wasLeft = signal(false);
/** The last call with a stranger, who may be blocked. */
export const lastStranger = signal<string | null>(null);
/** Whether that was done. */
export const hasBlocked = signal(false);
/** Somebody who came to make an invite need not answer the age question for it, nor does somebody who opens one. */
export const wantsInvite = signal(false);
const isSupported = signal(true);

export const face = computed<Face>(() => {
  const state = callState.value;
  if (!isSupported.value) return "unsupported";
  if (problem.value === "superseded") return "elsewhere";
  if (state.name === "ended" && state.reason.cause === "signaling_lost" && !state.reason.requeued) return "offline";
  if (problem.value === "network" || problem.value === "unavailable") return "offline";
  if (user.value === null) return "welcome";
  if (user.value.age === null && !wantsInvite.value && invitedBy.value === null) return "age";
  switch (state.name) {
    case "idle":
      return "camera";
    case "media-ready":
      return "ready";
    case "queued":
      return "waiting";
    case "ended":
      return state.reason.requeued ? "waiting" : "ended";
    default:
      return "call";
  }
});

/** Connects the page to a client; called once, in the browser. */
export function start(): void {
  isSupported.value = typeof RTCPeerConnection !== "undefined" && isSecureContext;
  invitedBy.value = location.pathname.match(/^\/i\/([\w-]+)$/)?.[1] ?? null;
  wantsInvite.value = location.hash === "#invite";
  const made = (client = new CallboxClient());
  made.on("user", (now) => (user.value = now));
  made.on("state", (now) => {
    callState.value = now;
    if (now.name === "matched") {
      problem.value = null;
      isInterrupted.value = false;
    }
    if (now.name === "connecting") {
      lastStranger.value = now.match.kind === "random" ? now.match.call : null;
      hasBlocked.value = false;
    }
    if (now.name !== "queued") wasLeft.value = now.name === "ended" && now.reason.requeued && now.reason.by !== "me" && now.reason.cause !== "signaling_lost";
  });
  // A first connection that fails is told of by whatever was asked for.
  made.on("signaling", (now) => (signaling.value = now));
  made.on("local-stream", (stream) => (localStream.value = stream));
  made.on("remote-stream", (stream) => (remoteStream.value = stream));
  made.on("media", (media) => (isInterrupted.value = media === "interrupted"));
  made.on("tracks", () => {
    microphoneOn.value = made.microphoneOn;
    cameraOn.value = made.cameraOn;
  });
  made.on("error", (error) => error.code !== "chat_uncertain" && (problem.value = error.code));
  follow(made);
  // Whoever closes the tab leaves the call; the other side should not wait for a time-out.
  addEventListener("pagehide", () => made.close());
}

/** Runs one thing at a time and keeps its error. The notice that the server is gone stays until it is back. */
async function attempt(work: (client: CallboxClient) => Promise<unknown>): Promise<void> {
  if (client === null || isBusy.value) return;
  isBusy.value = true;
  if (face.peek() !== "offline") problem.value = null;
  try {
    await work(client);
  } catch (error) {
    const code = error instanceof CallboxError ? error.code : "internal";
    problem.value = code === "rate_limited" ? "too_often" : code;
    if (!(error instanceof CallboxError)) console.error(error);
  } finally {
    isBusy.value = false;
  }
}

export const becomeGuest = () => attempt((client) => client.signIn());

export const answerAge = (age: AgeClass) => attempt((client) => client.setAge(age));

export const openCamera = () => attempt((client) => client.startMedia());

export const seek = () =>
  attempt((client) => {
    // Whoever skipped the age question for an invite is asked before meeting strangers.
    wantsInvite.value = false;
    leaveInvite();
    takeTyped();
    if (user.value?.age !== null) return client.seek({ interests: [...interests.value] });
    back();
    return Promise.resolve();
  });

export const joinInvite = () =>
  attempt((client) => client.join(invitedBy.value ?? ownInvite.value?.code ?? ""));

/** Also from the wait for a stranger, which it ends. */
export const makeInvite = () =>
  attempt(async (client) => {
    wantsInvite.value = true;
    const invite = await client.createInvite();
    client.cancel();
    ownInvite.value = invite;
    await client.join(invite.code);
  });

export const tryAgain = () =>
  attempt(async (client) => {
    const answer = await fetch("/readyz", { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) throw new CallboxError("network", "The server does not answer.");
    await client.signIn();
    back();
  });

/** From the end of a call, or a fault, to the start of the next. */
export function back(): void {
  problem.value = null;
  client?.dismiss();
}

export function cancel(): void {
  client?.cancel();
  ownInvite.value = null;
}

export function next(): void {
  // The other side may have left a moment ago; then there is no call to leave any more.
  if (client && matchOf(client.state)) client.next();
}

export function hangUp(): void {
  client?.hangUp();
}

/** A line to the other person, unless they left a moment ago. */
export function say(text: string): void {
  if (client && matchOf(client.state)) client.sendChat(text);
}

export const blockLast = () =>
  attempt(async (client) => {
    if (lastStranger.value === null) return;
    await client.block(lastStranger.value);
    lastStranger.value = null;
    hasBlocked.value = true;
  });

export function toggleMicrophone(): void {
  client?.setMicrophone(!microphoneOn.value);
}

export function toggleCamera(): void {
  client?.setCamera(!cameraOn.value);
}

function leaveInvite(): void {
  ownInvite.value = null;
  if (invitedBy.value !== null) {
    invitedBy.value = null;
    history.replaceState(null, "", "/call");
  }
}
