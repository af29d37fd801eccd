/**
 * The person's wish for a match: it is asked of the server, and asked again if the server forgot it or had no time.
 */
import type { CallKind, ClientFrame, RelayPolicy } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import type { SeekOptions } from "./options.js";
/** Something that was asked for; another is another, also if it asks the same. */
export interface Wish {
    readonly kind: CallKind;
    /** As it is to be asked now. */
    frame(): ClientFrame;
}
export declare class Wishes {
    #private;
    /** The person's wish, `null` once they have left: frames that cross that decision do not undo it. */
    current: Wish | null;
    constructor(env: Pick<Environment<never>, "after">, send: (frame: ClientFrame) => void);
    /** A wish that is left out stays as it was. */
    prefer({ interests, relay }: SeekOptions): void;
    /** The preferences, as they are to be sent again. */
    get preferences(): {
        relay?: RelayPolicy;
        interests: string[];
    };
    stranger(): Wish;
    friend(invite: string): Wish;
    /** Leaving a call for the next person, in one step. */
    next(call: string): ClientFrame;
    /** Asks for what is wanted now, if anything. */
    ask(): void;
    /** A stranger was asked for too often: asks again after so long. False if it is no stranger who is wanted. */
    retry(afterMs: number): boolean;
    /** Asks again no more by itself. */
    stopRetry(): void;
}
