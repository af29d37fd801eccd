/**
 * All of a call for a component: what is so, and what one can do.
 */
import { useMemo } from "react";
import { CallboxError, matchOf } from "../index.js";
import type { CallState, CallboxClient, ChatLine, ClientEvents, Match, MediaState, PeerState, SignalingState, User } from "../index.js";
import { useCallbox } from "./use-callbox.js";
import { useSnapshot } from "./use-snapshot.js";

/** The actions; as the client's methods of the same names. */
const ACTIONS = [
  "signIn",
  "setAge",
  "startMedia",
  "stopMedia",
  "prepare",
  "comeBack",
  "seek",
  "join",
  "cancel",
  "next",
  "hangUp",
  "dismiss",
  "sendChat",
  "setMicrophone",
  "setCamera",
  "setDataSaver",
  "shareScreen",
  "stopSharing",
  "createInvite",
  "block",
  "report",
  "rate",
] as const;

export type VideoChatActions = Pick<CallboxClient, (typeof ACTIONS)[number]>;

export interface VideoChatState {
  readonly state: CallState;
  /** The person whom we are in a call with, or may be. */
  readonly match: Match | null;
  readonly signaling: SignalingState;
  readonly user: User | null;
  readonly localStream: MediaStream | null;
  readonly remoteStream: MediaStream | null;
  readonly microphoneOn: boolean;
  readonly cameraOn: boolean;
  readonly isSharing: boolean;
  readonly savesData: boolean;
  /** Whether the other side's picture and sound come, are frozen, or were interrupted. */
  readonly mediaState: MediaState;
  /** Whether the other person is there, and what they say that they send. */
  readonly peer: PeerState;
  /** The lines of this call, or of the last one. */
  readonly chat: readonly ChatLine[];
}

export type VideoChat = VideoChatState & VideoChatActions;

const EVENTS: readonly (keyof ClientEvents<MediaStream>)[] = ["state", "signaling", "user", "local-stream", "remote-stream", "tracks", "media", "peer", "chat"];
const IDLE: CallState = { name: "idle" };
const NOBODY: PeerState = { isHere: true, picture: null, sound: null };
const NO_LINES: readonly ChatLine[] = [];

function read(client: CallboxClient | null): VideoChatState {
  return {
    state: client?.state ?? IDLE,
    match: client && matchOf(client.state),
    signaling: client?.signaling ?? "offline",
    user: client?.user ?? null,
    localStream: client?.localStream ?? null,
    remoteStream: client?.remoteStream ?? null,
    microphoneOn: client?.microphoneOn ?? true,
    cameraOn: client?.cameraOn ?? true,
    isSharing: client?.isSharing ?? false,
    savesData: client?.savesData ?? false,
    mediaState: client?.mediaState ?? "flowing",
    peer: client?.peer ?? NOBODY,
    chat: client?.chat ?? NO_LINES,
  };
}

/** Actions are the same from render to render. Their promises reject with a `CallboxError`. */
export function useVideoChat(): VideoChat {
  const client = useCallbox();
  const actions = useMemo(() => Object.fromEntries(ACTIONS.map((name) => [name, bound(client, name)])) as unknown as VideoChatActions, [client]);
  return { ...useSnapshot(EVENTS, read), ...actions };
}

function bound(client: CallboxClient | null, name: keyof VideoChatActions): unknown {
  if (client) return (client[name] as () => unknown).bind(client);
  return () => {
    throw new CallboxError("wrong_state", `\`${name}\` needs a browser.`);
  };
}
