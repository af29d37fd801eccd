/**
 * Handles each frame of the server: notifies the part that it is about.
 *
 * Answers are sent if the protocol asks for one. If a session is lost, the states of both sides are compared.
 */
import type { ClientFrame, ServerFrame, Snapshot } from "../generated/protocol.js";
import type { CurrentCall } from "./current-call.js";
import type { Parts } from "./parts.js";
/** One frame; they come in order. */
export declare function handleFrame<Stream>(call: CurrentCall<Stream>, parts: Parts<Stream>, frame: ServerFrame): void;
/** The session was lost: what the new one is doing, and what may never have arrived. */
export declare function handleReset<Stream>(call: CurrentCall<Stream>, parts: Parts<Stream>, snapshot: Snapshot, lost: ClientFrame[]): void;
