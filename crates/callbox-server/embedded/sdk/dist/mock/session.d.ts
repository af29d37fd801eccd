/**
 * The exchange's state for one page: who is there, what they wait for, which call they are in; and the numbers of
 * their frames.
 *
 * Nothing is sent again: on a new socket a session counts from 1 and says in its hello what it is doing. An open page is
 * one session, so there are as many as there are pages.
 */
import type { CallId, CallKind, ClientFrame, Numbers, ServerFrame, Side, Snapshot, User, UserId } from "../generated/protocol.js";
/** The user who opened a socket. */
export interface Guest {
    readonly user: User;
    /** The page, whose end is the end of its sockets. */
    readonly tab: string;
    /** For a synthetic partner: whom it keeps company, and nobody else. */
    readonly companyOf: UserId | null;
}
/** A session's wait. */
export interface Ticket {
    readonly kind: CallKind;
    readonly since: number;
    readonly interests: readonly string[];
    readonly invite: string | null;
}
export interface Call {
    readonly id: CallId;
    readonly kind: CallKind;
    /** Its two users; a side is null until its user is back from another exchange. */
    readonly users: Readonly<Record<Side, UserId>>;
    readonly participants: Record<Side, Session | null>;
    /** Their waits before the match, to be taken up again. */
    readonly tickets: Partial<Record<Side, Ticket>>;
    readonly confirmed: Set<Side>;
    stopTimer: () => void;
}
/** The server's frames, and one hint of the mock's own, which clients pass over: when to send company. */
export type MockFrame = ServerFrame | (Extract<ServerFrame, {
    type: "queued";
}> & {
    readonly lonely_ms: number;
});
export declare class Session {
    #private;
    readonly id: string;
    guest: Guest;
    ticket: Ticket | null;
    call: Call | null;
    /** Ends the wait for a socket that was lost. */
    stopWaiting: () => void;
    constructor(id: string, guest: Guest, say: (socket: string, text: string) => void);
    get socket(): string | null;
    /** Another socket, or none: both sides count anew. */
    set socket(socket: string | null);
    get side(): Side;
    /** Sends a frame; without a socket it goes nowhere. */
    send(frame: MockFrame): void;
    /** Counts a frame of the client, and acknowledges now and then what is here. */
    hear({ seq }: ClientFrame & Numbers): void;
    snapshot(now: number): Snapshot;
}
