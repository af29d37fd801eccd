/**
 * How much work the other side may make us do in a call: offers, questions for one, addresses.
 *
 * A new peer connection costs most. A frame beyond the budget counts as lost on its way, which a negotiation is made for:
 * a side that lacks an answer asks again, ever more seldom.
 */
import type { RelayedFrame } from "./call-setup.js";
export declare class Budget {
    #private;
    /** Whether there is room for what this frame makes us do. */
    admits(frame: RelayedFrame, now: number): boolean;
}
