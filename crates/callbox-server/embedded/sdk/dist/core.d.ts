/**
 * `@callbox/client/core`: the client without a browser, for an app that brings an `Environment`.
 */
export type { AdaptationOptions } from "./core/adaptation.js";
export type { MediaOptions } from "./core/call-setup.js";
export { Client } from "./core/client.js";
export type * from "./core/environment.js";
export { CallboxError } from "./core/errors.js";
export type { CallboxErrorCode, CallboxErrorDetails } from "./core/errors.js";
export type { Listener } from "./core/events.js";
export type { MediaState } from "./core/flow.js";
export type { SignalingState } from "./core/link.js";
export type { ChatLine, ClientEvents, ClientOptions, PeerState, SeekOptions, WatchFrame } from "./core/options.js";
export type { CallQuality } from "./core/quality.js";
export { matchOf } from "./core/state.js";
export type { CallState, EndReason, Match } from "./core/state.js";
export type * from "./generated/protocol.js";
export { BAN_REASON_CHARS_MAX, CHAT_CHARS_MAX, INTEREST_CHARS_MAX, INTERESTS_MAX, REPORT_LINE_CHARS_MAX, REPORT_LINES_MAX, REPORT_NOTE_CHARS_MAX } from "./generated/protocol.js";
