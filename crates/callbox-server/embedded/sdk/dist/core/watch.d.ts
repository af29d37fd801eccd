/**
 * Watches a call once a second: how it goes, for the person; how much to send; what to report to the server.
 *
 * If a reading fails, as it does while a connection closes, the last good one stays. A sample goes to the server
 * every ten seconds in which the call was bad, the summary every half minute and when it has ended. A file of its own, since it is loaded only
 * when a call is there.
 */
import type { Quality, Sample } from "../generated/protocol.js";
import type { AdaptationOptions } from "./adaptation.js";
import type { Environment, Reading, Sending } from "./environment.js";
import type { MediaState } from "./flow.js";
import type { CallQuality } from "./quality.js";
export interface WatchHandlers {
    read(): Promise<Reading>;
    /** The state of the other side's media. */
    media(): MediaState;
    /** How much to send from now on. */
    onSending(sending: Sending): void;
    onQuality(quality: CallQuality): void;
    onSample(sample: Omit<Sample, "call">): void;
    /** Another half minute is over. */
    onSummary(): void;
}
export declare class Watch {
    #private;
    /** The last estimate of the network's bandwidth. */
    availableKbps: number | null;
    constructor(env: Pick<Environment<never>, "after" | "now">, options: AdaptationOptions, isSaving: boolean, handlers: WatchHandlers);
    /** How much to send now. */
    get sending(): Sending;
    start(): void;
    setSaving(on: boolean): void;
    /** How the call was so far, if there was a second of it. */
    summary(call: string, interruptions: number, restarts: number): Quality | null;
    /** The call has ended. */
    end(): void;
}
