/**
 * The one error that the SDK throws and emits.
 *
 * Programs switch over `code`; people read `message`. Codes of the server come from its own list.
 */
import type { BanNotice, ErrorCode, Problem } from "../generated/protocol.js";
/** The codes of errors: our own, beside those of the server. */
export type CallboxErrorCode = ErrorCode
/** The person or the browser denied camera and microphone. */
 | "media_denied"
/** There is no camera and no microphone. */
 | "media_missing"
/** Another program uses the camera. */
 | "media_busy"
/** The camera or microphone in use was taken away, and there is no other. */
 | "media_unplugged"
/** The browser cannot make calls, or the page came without HTTPS. */
 | "media_unsupported"
/** The server could not be reached. */
 | "network"
/** A line of text was under way when the connection was lost, and may not have arrived. */
 | "chat_uncertain"
/** The login is in use elsewhere, and by the server's rules this client has to go. */
 | "superseded"
/** The method does not fit the state; its message names both. */
 | "wrong_state";
/** Details that come with some errors. */
export interface CallboxErrorDetails {
    /** The HTTP status. */
    status?: number;
    /** When to try again. */
    retryAfterMs?: number | undefined;
    /** The id to name when you ask the operator about it. */
    requestId?: string;
    /** Why, until when and how to object, with `banned`. */
    ban?: BanNotice | undefined;
    /** The error that was thrown below. */
    cause?: unknown;
}
export declare class CallboxError extends Error {
    readonly code: CallboxErrorCode;
    readonly name = "CallboxError";
    readonly status: number | undefined;
    readonly retryAfterMs: number | undefined;
    readonly requestId: string | undefined;
    readonly ban: BanNotice | undefined;
    constructor(code: CallboxErrorCode, message: string, details?: CallboxErrorDetails);
    /** The error that an RFC 9457 answer means. */
    static fromProblem(problem: Problem): CallboxError;
}
