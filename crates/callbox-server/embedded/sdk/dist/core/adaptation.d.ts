/**
 * How much of our picture is sent, by what the network carries.
 *
 * The browser's own control keeps within the bandwidth by making the picture worse; here it is made smaller and slower
 * in good time, and left out if it would take the sound with it. Down after two seconds, up one step after five.
 */
import type { Reading, Sending } from "./environment.js";
export interface AdaptationOptions {
    /** The most that our picture may take, in kbit/s: 1,500 if left out. */
    maxKbps?: number;
    /** Below this the picture is left out, so that the sound stays whole: 60 if left out; 0 keeps it always. */
    audioOnlyBelowKbps?: number;
    /** `false` leaves the picture's size and rate to the browser. */
    adapt?: boolean;
}
export declare class Adaptation {
    #private;
    constructor(options: AdaptationOptions, isSaving: boolean);
    get sending(): Sending;
    setSaving(on: boolean): void;
    /** Another second, in which something came of the other side or nothing did (`isDead`). */
    handle(reading: Reading, isDead: boolean, now: number): void;
}
