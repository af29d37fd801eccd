/**
 * Watches a call once a second: how it goes, for the person; how much to send; what to tell the server.
 *
 * Where a reading fails, as it does while a connection closes, the last good one stands. A sample goes to the server
 * every ten seconds in which the call was bad, the summary when it is over. A file of its own, since it is loaded only
 * when a call is there.
 */
import type { Quality, Sample } from "../generated/protocol.js";
import type { AdaptationOptions } from "./adaptation.js";
import type { Environment, Reading, Sending } from "./environment.js";
import type { MediaState } from "./flow.js";
import type { CallQuality } from "./quality.js";
export interface WatchHandlers {
    read(): Promise<Reading>;
    /** What comes of the other side. */
    media(): MediaState;
    /** How much to send from now on. */
    onSending(sending: Sending): void;
    onQuality(quality: CallQuality): void;
    onSample(sample: Omit<Sample, "call">): void;
}
export declare class Watch {
    #private;
    /** What the network was last believed to carry. */
    availableKbps: number | null;
    constructor(env: Pick<Environment<never>, "after" | "now">, options: AdaptationOptions, isSaving: boolean, handlers: WatchHandlers);
    /** How much to send now. */
    get sending(): Sending;
    start(): void;
    setSaving(on: boolean): void;
    /** The call is over: how it was, if there was a second of it. */
    end(call: string, interruptions: number, restarts: number): Quality | null;
}
