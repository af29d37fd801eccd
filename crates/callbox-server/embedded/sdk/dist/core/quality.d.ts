/**
 * How a call is going, once a second: a score from delay, jitter and loss, and a word for it.
 *
 * The score is a simplified E-model (ITU-T G.107). The word changes late, so that it does not flicker: for the worse
 * after two of three seconds, for the better after five. A picture that freezes now and then is poor, whatever the score; one
 * that does not move is frozen, and said so at once.
 */
import type { QualityLevel } from "../generated/protocol.js";
import type { Inbound, Reading } from "./environment.js";
import type { MediaState } from "./flow.js";
/** How a call is going. */
export interface CallQuality {
    readonly level: QualityLevel;
    /** 0 to 95. */
    readonly score: number;
    /** There and back between the two browsers. */
    readonly roundTripMs: number;
    readonly jitterMs: number;
    readonly lossPercent: number;
    readonly receivedKbps: number;
    readonly sentKbps: number;
    /** Whether our picture is sent; `false` while the network can carry sound alone. */
    readonly sendsPicture: boolean;
    /** Whether the other side's picture comes. */
    readonly receivesPicture: boolean;
    /** Packets of this second that should have come, and those of them that did not. */
    readonly expected: number;
    readonly lost: number;
    /** How often the picture froze in this second, and for how long. */
    readonly freezes: number;
    readonly freezeMs: number;
}
/** One second of a call, without what the meter cannot see. */
export type Second = Omit<CallQuality, "sendsPicture">;
export declare class Meter {
    #private;
    /** The second before this reading; `null` for the first, or if counters began anew. */
    handle(reading: Reading, media: MediaState, now: number): Second | null;
}
/** The score of one medium that came, 0 to 95. */
export declare function scoreOf(inbound: Pick<Inbound, "packets" | "lost" | "jitterMs">, roundTripMs: number): number;
