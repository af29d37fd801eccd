/**
 * The options of a client, and its events.
 */
import type { Picture, RelayPolicy, ServerFrame, User } from "../generated/protocol.js";
import type { MediaOptions } from "./call-setup.js";
import type { Device } from "./environment.js";
import type { CallboxError } from "./errors.js";
import type { MediaState } from "./flow.js";
import type { SignalingState } from "./link.js";
import type { CallQuality } from "./quality.js";
import type { CallState, Match } from "./state.js";

export interface ClientOptions {
  /** The server's address; the page's own origin if left out. */
  server?: string | { readonly href: string };
  /** Asked at each match, for two seconds; says yes by itself if left out. */
  confirm?: (match: Match) => boolean | Promise<boolean>;
  /**
   * Whether a path is searched for from the match on, while people are still asked: yes if left out, so that a call starts
   * at once. The other side's browser learns our addresses then, also if the answer is no; picture and sound wait for
   * both in any case.
   */
  negotiateBeforeConfirm?: boolean;
  /** How much of the network calls may use. */
  media?: MediaOptions;
}

/** Wishes for a match. A wish that is left out stays as it was. */
export interface SeekOptions {
  interests?: string[];
  /** Hides addresses more strictly than the app does; less is not to be had. */
  relay?: RelayPolicy;
}

/** A line of text, either way. */
export interface ChatLine {
  readonly from: "me" | "peer";
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The other person of a call, as far as is known. */
export interface PeerState {
  /** Whether the server reaches them. A page that is loaded anew, or has crashed, is away. */
  readonly isHere: boolean;
  /** The picture that they say they send; `null` if they have not said so. */
  readonly picture: Picture | null;
  /** Whether their microphone is on; `null` if they have not said so. */
  readonly sound: boolean | null;
}

/** The frames that say what is current: of watched answers, and of the session that watches them. */
export type WatchFrame = Extract<ServerFrame, { type: "hello" | "stale" | "put" | "unwatched" }>;

export type ClientEvents<Stream> = {
  state: [state: CallState, before: CallState];
  signaling: [signaling: SignalingState];
  /** The current user; `null` once that was signed out or deleted. */
  user: [user: User | null];
  "local-stream": [stream: Stream | null];
  "remote-stream": [stream: Stream | null];
  /** Microphone or camera were switched or exchanged, a screen is shown or not any more, or saving data was switched. */
  tracks: [];
  /** A camera, microphone or speaker came or went. */
  devices: [devices: readonly Device[]];
  /** The other side's picture is frozen, or nothing comes, and another way is searched for; or all comes again. */
  media: [media: MediaState];
  /** The other person went away or returned, or switched camera or microphone. */
  peer: [peer: PeerState];
  /** How the call is going, once a second; `null` when it has ended. */
  quality: [quality: CallQuality | null];
  chat: [line: ChatLine];
  /** For a cache of the server's answers, such as `@callbox/client/data`: see `watch`. */
  watched: [frame: WatchFrame];
  /** Something went wrong that no promise reports. */
  error: [error: CallboxError];
};
