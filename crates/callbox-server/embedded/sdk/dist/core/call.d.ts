import type { Begin, CallHandlers, CallSetup, RelayedFrame } from "./call-setup.js";
import type { Environment, Paths } from "./environment.js";
import type { Counts } from "./offers.js";
import type { Match } from "./state.js";
type CallEnvironment<Stream> = Pick<Environment<Stream>, "after" | "makePeer" | "now" | "warn">;
export declare class Call<Stream> {
    #private;
    constructor(env: CallEnvironment<Stream>, setup: CallSetup<Stream>, handlers: CallHandlers<Stream>);
    /** How far its offers and connections were counted. */
    get counts(): Counts;
    /** Whether it has an offer for the next match. */
    get isParked(): boolean;
    /** Makes an offer of this number for the next match, and leaves it with the server. */
    park(number: number): Promise<void>;
    /** There is a match. Steps wait until we have confirmed it. */
    start(match: Match, { offer, isOffered, parked, counts, isPeerHere }: Begin): void;
    /** We have confirmed. */
    negotiate(): void;
    /** Both have. */
    begin(): void;
    /** A frame of the other side, or about it. */
    handle(frame: RelayedFrame): void;
    /** The session was lost, and with it what was on its way. `isPeerHere`: whether the other side has a socket. */
    handleLost(isPeerHere: boolean): void;
    /** Whether what is sent now arrives. `hasMoved`: by another socket, since the one before fell silent, or its server stopped. */
    handleSure(isSure: boolean, hasMoved: boolean): void;
    /** Another network, perhaps. */
    handleNetwork(): void;
    /** Whether the connection may use relays alone. */
    get relayOnly(): boolean;
    /** For the next search for paths: credentials end. */
    setIceServers(iceServers: Paths["iceServers"]): void;
    /** Both have stayed: the caller searches for the shortest path, and media continue by the old one meanwhile. */
    reveal(): void;
    /** The person wants to save data, or not any more. */
    setSaving(on: boolean): void;
    /** Another camera or microphone is in the local stream, or one was switched. */
    handleTracks(): void;
    get availableKbps(): number | null;
    /** Ends the media connection, and reports how it was; nothing is sent after this. */
    close(): void;
}
export {};
