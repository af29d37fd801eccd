/**
 * The other side's media as people on this side see and hear them: they flow, the picture is frozen, or nothing comes.
 *
 * Judged by frames that were presented, if a page shows them, by decoded ones else; a picture that is decoded and not
 * presented is frozen, and so is speech of which no sample is played. A side that says that it sends no picture, or shares a
 * screen, is not missed. No IO and no clock: a sample comes five times a second.
 */
import type { Flow } from "./environment.js";
/** Whether the other side's picture and sound come, once they have. */
export type MediaState = "flowing"
/** The picture is frozen, though one is sent, or speech comes and is not played; the other one may come. */
 | "frozen"
/** Nothing comes. */
 | "interrupted";
/** The media that the other side says it sends; `null` if it has not said so. */
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
    /** Whether media that came all the time don't now, for half as long as an interruption takes. */
    get isSilent(): boolean;
    /** Another connection is shown, which counts from zero. */
    handleNewPeer(now: number): void;
    /** Another network, perhaps; `hasMoved`: the socket to the server was lost with the old one. */
    handleNetwork(hasMoved: boolean, now: number): void;
    /** One look: what has come so far; `null` if nothing ever did. */
    handle(flow: Flow | null, expected: Expected, now: number): MediaState;
}
