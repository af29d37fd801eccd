import type { ClientFrame, ServerFrame, Snapshot } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import { CallboxError } from "./errors.js";
/** `offline`: never connected, told to stay away, or no server for a minute; in the last case it keeps trying. */
export type SignalingState = "online" | "reconnecting" | "offline";
export interface LinkHandlers {
    onState(state: SignalingState): void;
    /**
     * Whether what is sent now arrives: not while a socket is missing, or has yet to prove that it lives. `hasMoved`: the one before
     * fell silent, as on a network that is gone, or was of a server that stopped.
     */
    onSure(isSure: boolean, hasMoved: boolean): void;
    /** A frame that is not the link's own business; the hello too. */
    onFrame(frame: ServerFrame): void;
    /** A session that was there could not be recovered: what the new one is doing, and what may never have arrived. */
    onReset(snapshot: Snapshot, lost: ClientFrame[]): void;
    /** The server wants us to stay away. */
    onRefused(error: CallboxError): void;
    /** The token of our login, or `null` if a cookie speaks for us. */
    signIn(): Promise<string | null>;
    /** The server does not know our login any more. */
    onUnknown(): void;
    /** The grant of the call that we are in. */
    grant(): string | null;
}
/** One change of the network is reported several times, within this. An attempt that began before it is made anew. */
export declare const BURST_MS = 300;
type LinkEnvironment = Pick<Environment<never>, "openSocket" | "after" | "now" | "random" | "onOnline">;
export declare class Link {
    #private;
    constructor(env: LinkEnvironment, origin: string, handlers: LinkHandlers);
    get state(): SignalingState;
    /** Whether what is sent now arrives. */
    get isSure(): boolean;
    /** Resolves when the session is online; rejects if it cannot be opened at all, after so long. One that calls may watch too. */
    connect(patienceMs?: number, observes?: boolean): Promise<void>;
    /** Sends a frame now, or when there is a socket again; without a session it goes nowhere. */
    send(frame: ClientFrame): void;
    /** Finds out whether the socket still works: it may be dead without our knowing. */
    check(): void;
    /** Ends the session. */
    close(): void;
}
export {};
