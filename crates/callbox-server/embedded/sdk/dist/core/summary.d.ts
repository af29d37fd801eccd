/**
 * A call's quality in one row of figures, for the record. Whole numbers, each within what the server takes.
 */
import type { Quality } from "../generated/protocol.js";
import type { Second } from "./quality.js";
export declare class Summary {
    #private;
    add(second: Second, sendsPicture: boolean): void;
    /** `null` if there was not a second of it. */
    of(call: string, interruptions: number, restarts: number): Quality | null;
}
/** A browser's figure as the wire takes it: whole, not below zero, and a number. */
export declare function whole(figure: number): number;
