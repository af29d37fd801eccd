/**
 * The page's state beside the client, as signals, and its actions, as functions. Which screen is shown follows from
 * both.
 *
 * One client for the page's life. Errors end up in `problem`, in words' terms; nothing is thrown at a screen.
 */
import { CallboxClient, CallboxError, matchOf } from "@callbox/client";
import type { AgeClass, BanNotice, CallState, InputKind, Invite, Match, ReportReason } from "@callbox/client";
import { useVideoChat } from "@callbox/client/react";
import { signal } from "@preact/signals";
import { follow } from "./chat.js";
import { interests, takeTyped } from "./interests.js";
import { forgetInvite, keepInvite, keptInvite } from "./kept-invite.js";
import type { FaultCode } from "./messages/faults.js";
import { monitor, used } from "./monitor.js";

export type Screen = "welcome" | "returning" | "age" | "camera" | "ready" | "waiting" | "call" | "ended" | "offline" | "elsewhere" | "banned" | "unsupported";

/** `null` while the page is rendered ahead of time, where there is no browser. */
let client: CallboxClient | null = null;

/** The invite in the page's address: somebody else's. */
export const invitedBy = signal<string | null>(null);
/** The invite that was made here. */
export const ownInvite = signal<Invite | null>(null);
/** The last error. */
export const problem = signal<FaultCode | null>(null);
/** Whether something is under way that the person waits for. */
export const isBusy = signal(false);
/** How often camera and microphone were denied: the second hint goes deeper than the first. */
export const denials = signal(0);
/** The known details of a ban of this person. */
export const ban = signal<BanNotice | null>(null);
/** Whether this page returns to the call that it was in before it was loaded anew. */
const isReturning = signal(false);
/** Whether we wait again because the other person left. */
export const wasLeft = signal(false);
/** The last call in which both saw each other, and what was said of it. */
export const lastCall = signal<{ readonly match: Match; readonly stars: number; readonly said: "blocked" | "reported" | null } | null>(null);
/** Somebody who came to make an invite need not answer the age question for it, nor does somebody who opens one. */
export const wantsInvite = signal(false);
/** The speaker for sound; empty: the system's choice. */
export const speaker = signal("");
const isSupported = signal(true);

/** The screen that fits what is so. */
export function useScreen(): Screen {
  const { state, user } = useVideoChat();
  if (!isSupported.value) return "unsupported";
  if (problem.value === "superseded") return "elsewhere";
  if (problem.value === "banned") return "banned";
  if (state.name === "ended" && state.reason.cause === "signaling_lost" && !state.reason.requeued) return "offline";
  if (problem.value === "network" || problem.value === "unavailable") return "offline";
  if (isReturning.value && matchOf(state) === null && state.name !== "ended") return "returning";
  if (user === null) return "welcome";
  if (user.age === null && !wantsInvite.value && invitedBy.value === null) return "age";
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
}

/** Connects the page to its client; called once, in the browser. */
export function start(made: CallboxClient): void {
  client = made;
  isSupported.value = typeof RTCPeerConnection !== "undefined" && isSecureContext;
  invitedBy.value = location.pathname.match(/^\/i\/([\w-]+)$/)?.[1] ?? null;
  wantsInvite.value = location.hash === "#invite";
  if (wantsInvite.value) ownInvite.value = keptInvite();
  made.on("state", handleState);
  made.on("error", handleError);
  follow(made);
  monitor()?.watch(made);
  if (isSupported.value && made.hasCall) void goBack();
}

function handleError({ code, ban: notice }: CallboxError): void {
  if (code === "chat_uncertain") return;
  ban.value = notice ?? ban.value;
  problem.value = code;
  // Two people are in it already, or its day has ended: the next one is another.
  if (code === "invite_invalid") forgetInvite();
}

function handleState(now: CallState): void {
  // While people look at themselves all is made ready, so that a click is followed by a call. Errors show at the click.
  if (now.name === "media-ready" && client?.hasCall === false) client.prepare().catch(() => undefined);
  if (now.name === "matched") problem.value = null;
  if (now.name === "connecting") lastCall.value = { match: now.match, stars: 0, said: null };
  if (now.name !== "queued") wasLeft.value = now.name === "ended" && now.reason.requeued && now.reason.by !== "me" && now.reason.cause !== "signaling_lost";
}

/** Runs one thing at a time and keeps its error. The notice that the server is gone stays until it is back. */
async function attempt(work: (client: CallboxClient) => Promise<unknown>): Promise<void> {
  if (client === null || isBusy.value) return;
  isBusy.value = true;
  if (problem.peek() !== "network" && problem.peek() !== "unavailable") problem.value = null;
  try {
    await work(client);
  } catch (error) {
    const code = error instanceof CallboxError ? error.code : "internal";
    if (error instanceof CallboxError) ban.value = error.ban ?? ban.value;
    problem.value = code === "rate_limited" ? "too_often" : code;
    if (!(error instanceof CallboxError)) console.error(error);
  } finally {
    isBusy.value = false;
  }
}

export const becomeGuest = () => attempt((client) => client.signIn());

export const answerAge = (age: AgeClass) => attempt((client) => client.setAge(age));

/** Camera and microphone, or what there is of them. */
export const openCamera = (wishes?: MediaStreamConstraints) =>
  attempt(async (client) => {
    try {
      await (client.hasCall ? client.comeBack(wishes) : client.startMedia(wishes));
    } catch (error) {
      if (error instanceof CallboxError && error.code === "media_denied") denials.value++;
      throw error;
    }
  });

/** Back to the call that this tab was in: everything was allowed and answered before. */
async function goBack(): Promise<void> {
  isReturning.value = true;
  await openCamera();
  isReturning.value = false;
}

export const seek = () =>
  attempt((client) => {
    // A person who skipped the age question for an invite is asked before meeting strangers.
    wantsInvite.value = false;
    leaveInvite();
    takeTyped();
    if (client.user?.age !== null) return client.seek({ interests: [...interests.value] });
    back();
    return Promise.resolve();
  });

export const joinInvite = () => attempt((client) => client.join(invitedBy.value ?? ownInvite.value?.code ?? ""));

/** Also from the wait for a stranger, which it ends. */
export const makeInvite = () =>
  attempt(async (client) => {
    wantsInvite.value = true;
    const invite = keptInvite() ?? (await client.createInvite());
    keepInvite(invite);
    // This address brings a page that is loaded anew back here.
    if (invitedBy.peek() === null) history.replaceState(null, "", "/call#invite");
    client.cancel();
    ownInvite.value = invite;
    used("invite");
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
  if (!client || !matchOf(client.state)) return;
  client.sendChat(text);
  used("chat");
}

export const block = () =>
  attempt(async (client) => {
    if (lastCall.value === null) return;
    await client.block(lastCall.value.match.call);
    remember({ said: "blocked" });
  });

/** A complaint about the other person, with what was written if ours agrees. */
export const report = (reason: ReportReason, note: string, sendsChat: boolean) =>
  attempt(async (client) => {
    const match = lastCall.value?.match;
    if (!match) return;
    await client.report(match.call, { reason, note, with_lines: sendsChat });
    remember({ said: "reported" });
    monitor()?.complaint();
  });

export const rate = (stars: number) =>
  attempt(async (client) => {
    if (lastCall.value === null) return;
    await client.rate(lastCall.value.match.call, stars);
    remember({ stars });
    used("rating");
  });

function remember(change: { stars: number } | { said: "blocked" | "reported" }): void {
  if (lastCall.value !== null) lastCall.value = { ...lastCall.value, ...change };
}

export function toggleMicrophone(): void {
  client?.setMicrophone(!client.microphoneOn);
}

export function toggleCamera(): void {
  client?.setCamera(!client.cameraOn);
}

export const useInput = (kind: InputKind, id: string) =>
  attempt(async (client) => {
    await client.useDevice({ kind, id });
    if (kind === "camera") used("flip-camera");
  });

export const toggleSharing = () =>
  attempt(async (client) => {
    if (client.isSharing) return client.stopSharing();
    try {
      await client.shareScreen();
      used("screen");
    } catch (error) {
      // A person who closes the browser's list of screens has changed their mind; that is no error.
      if (!(error instanceof CallboxError && error.code === "media_denied")) throw error;
    }
  });

export function toggleDataSaver(): void {
  client?.setDataSaver(!client.savesData);
}

function leaveInvite(): void {
  ownInvite.value = invitedBy.value = null;
  history.replaceState(null, "", "/call");
}
