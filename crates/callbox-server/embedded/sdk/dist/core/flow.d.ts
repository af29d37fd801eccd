/**
 * What people on this side see and hear of the other: it flows, the picture stands, or nothing comes.
 *
 * Judged by frames that were presented, where a page shows them, by decoded ones else; a picture that is decoded and not
 * presented is frozen, and so is speech of which no sample is played. Whoever says that they send no picture, or share a screen, is not missed. No IO and no clock: a
 * sample comes five times a second.
 */
import type { Flow } from "./environment.js";
/** Whether the other side's picture and sound come, once they have. */
export type MediaState = "flowing"
/** The picture stands, though one is sent, or speech comes and is not heard; the other one may come. */
 | "frozen"
/** Nothing comes. */
 | "interrupted";
/** What the other side says that it sends; `null` where it has not said so. */
export type Expected = {
    readonly picture: "none" | "camera" | "screen";
    readonly sound: boolean;
} | null;
/** How often to look. */
export declare const LOOK_MS = 200;
export declare class Judge {
    #private;
    constructor(now: number);
    get state(): MediaState;
    /** Another connection is shown, which counts from zero. */
    handleNewPeer(now: number): void;
    /** Another network, perhaps. */
    handleNetwork(now: number): void;
    /** One look: what has come so far; `null` where nothing ever did. */
    handle(flow: Flow | null, expected: Expected, now: number): MediaState;
}
