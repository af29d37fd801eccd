/**
 * The setup of a call, its beginning, and the events that it reports.
 */
import type { ClientFrame, LeaveCause, Sends, ServerFrame } from "../generated/protocol.js";
import type { AdaptationOptions } from "./adaptation.js";
import type { Paths } from "./environment.js";
import type { MediaState } from "./flow.js";
import type { Counts } from "./offers.js";
import type { CallQuality } from "./quality.js";

/** The other side's frames, and the server's frames about it. */
export type RelayedFrame = Extract<ServerFrame, { type: "offer" | "answer" | "candidates" | "restart" | "sends" | "peer" }>;

/** The values that a call is made with; those that are not readonly may change meanwhile. */
export interface CallSetup<Stream> {
  paths: Paths;
  readonly local: Stream | null;
  readonly startKbps: number | null;
  readonly media: MediaOptions;
  readonly isSaving: boolean;
}

/** How media are sent. */
export interface MediaOptions extends AdaptationOptions {
  /** Whether silence is sent as such instead of as sound: yes if left out. Saves half of the sound's bandwidth. */
  dtx?: boolean;
}

export interface CallHandlers<Stream> {
  send(frame: ClientFrame): void;
  onStream(stream: Stream): void;
  onConnected(): void;
  /** The other side's media have another state. */
  onMedia(media: MediaState): void;
  /** Nothing comes just now: that may become a trouble, or not. */
  onSilence(): void;
  /** The other side has said what it sends. */
  onPeerSends(sends: Pick<Sends, "picture" | "sound">): void;
  /** Once a second, while there is a connection. */
  onQuality(quality: CallQuality): void;
  /** Offers and connections were counted on, for a page that returns. */
  onCounts(counts: Counts): void;
  /** Whether we have a picture to send now, and a microphone that is on. */
  sends(): Pick<Sends, "picture" | "sound">;
  /** Whether what is sent arrives now. */
  isSure(): boolean;
  /** Time stopped: the machine slept. */
  onSlept(): void;
  /** The call cannot continue. */
  onFailed(cause: LeaveCause): void;
}

/** How a call begins. */
export interface Begin {
  /** The other side's offer, if it came with the match. */
  readonly offer?: unknown;
  /** Whether ours went with the other side's match. */
  readonly isOffered: boolean;
  /** The number of the offer that was last left with the server. */
  readonly parked: number;
  readonly isPeerHere: boolean;
  /** How far the page before this one had counted; `null` if the call begins here. */
  readonly counts: Counts | null;
}
