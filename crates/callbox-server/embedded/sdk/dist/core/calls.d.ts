import type { Begin, CallHandlers, MediaOptions, RelayedFrame } from "./call-setup.js";
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
    /** How far the call's offers and connections were counted. */
    get counts(): Counts;
    setPaths(paths: Paths): void;
    /** Other servers, or other credentials for them. */
    setIceServers(iceServers: Paths["iceServers"]): void;
    /** What the person wants of calls to come, more than the app does. */
    setHiding(on: boolean): void;
    /** Both have stayed: this call may take the shortest path. */
    reveal(call: string): void;
    /** The person wants to save data, or not any more. */
    setSaving(on: boolean): void;
    /** Another camera or microphone is in the local stream, or another picture. */
    handleTracks(): void;
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
    /** Somebody came, or a page came back to its call. */
    start(match: Match, local: Stream | null, begin: Omit<Begin, "parked">): void;
    /** We have confirmed the call. */
    negotiate(): void;
    /** Both have. */
    begin(): void;
    /** The session was lost, and with it what was on its way. */
    handleLost(isPeerHere: boolean): void;
    /** Whether what is sent now arrives. */
    handleSure(isSure: boolean): void;
    /** A frame of the other side, or about it. */
    handle(frame: RelayedFrame): void;
    /** The call is over. */
    end(): void;
}
