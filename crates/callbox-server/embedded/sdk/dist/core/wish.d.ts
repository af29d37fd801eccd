/**
 * Whom the person wants to meet, and how: what is asked of the server, and asked again where it forgot.
 */
import type { CallKind, ClientFrame } from "../generated/protocol.js";
import type { SeekOptions } from "./options.js";
/** Something that was asked for; another is another, also where it asks the same. */
export interface Wish {
    readonly kind: CallKind;
    /** As it is to be asked now. */
    frame(): ClientFrame;
}
export declare class Preferences {
    #private;
    /** What is left out stays as it was. */
    prefer({ interests, relay }: SeekOptions): void;
    stranger(): Wish;
    friend(invite: string): Wish;
    /** Leaving a call for the next person, in one step. */
    next(call: string): ClientFrame;
}
