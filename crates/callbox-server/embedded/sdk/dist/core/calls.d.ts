/**
 * The call that a client is in, and the connection that is ready for the next one.
 *
 * Finding one's own addresses takes a round trip to a server, so it is done while the person looks at themselves or waits. A user
 * who waits longer than a moment leaves an offer with the server, which travels with the match: that saves a round trip to
 * it. A connection is made anew if the network changed meanwhile: its addresses are of the old one. The code of a call
 * is loaded when somebody may come, before anything is asked of the server.
 */
import type { Call } from "./call.js";
import type { Begin, CallHandlers, MediaOptions } from "./call-setup.js";
import type { Environment, Paths } from "./environment.js";
import type { Counts } from "./offers.js";
import type { Match } from "./state.js";
export interface CallsHandlers<Stream> extends Omit<CallHandlers<Stream>, "onStream"> {
    onStream(stream: Stream | null): void;
}
export declare class Calls<Stream> {
    #private;
    constructor(env: Environment<Stream>, media: MediaOptions, handlers: CallsHandlers<Stream>);
    get remoteStream(): Stream | null;
    /** The call's media, from the match to the end. */
    get current(): Call<Stream> | null;
    /** How far the call's offers and connections were counted. */
    get counts(): Counts;
    setPaths(paths: Paths): void;
    /** Other servers, or other credentials for them. */
    setIceServers(iceServers: Paths["iceServers"]): void;
    /** The person's wish to hide their address in later calls, beyond what the app asks for. */
    setHiding(on: boolean): void;
    /** Whether our picture is kept small, to save data. */
    get savesData(): boolean;
    /** The person wants to save data, or not any more. */
    setSaving(on: boolean): void;
    /** Loads what a call is made of; to be awaited before anything else of this. */
    load(): Promise<void>;
    /** Somebody may come. */
    prepare(local: Stream | null): void;
    /** We wait: our offer is to be with the server when somebody comes. */
    park(): void;
    /** We wait no more, and may again. */
    unpark(): void;
    /** Nobody will come. */
    discard(): void;
    /** Somebody came, or a page returned to its call. */
    start(match: Match, local: Stream | null, begin: Omit<Begin, "parked">): void;
    /** The call has ended. */
    end(): void;
}
