/**
 * What each frame of the server does: it tells the part that it is about.
 *
 * Answers are sent where the protocol asks for one. What was thought on both sides is compared where a session is lost.
 */
import type { ClientFrame, ServerFrame, Snapshot } from "../generated/protocol.js";
import type { CurrentCall } from "./current-call.js";
import type { Parts } from "./parts.js";
/** One frame; they come in order. */
export declare function handleFrame<Stream>(call: CurrentCall<Stream>, parts: Parts<Stream>, frame: ServerFrame): void;
/** The session was lost: what the new one is doing, and what may never have arrived. */
export declare function handleReset<Stream>(call: CurrentCall<Stream>, parts: Parts<Stream>, snapshot: Snapshot, lost: ClientFrame[]): void;
