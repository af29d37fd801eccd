/**
 * The views of this page, and when their beacons go.
 *
 * The last four are kept, since figures of a view may come after the next one has begun. A beacon goes when its view is hidden, ten seconds
 * after it begins or fails, and when the next one has begun; a page that fails all the time sends twelve a view in between.
 */
import type { Beacon, BeaconCall, ErrorKind, Navigation } from "../generated/beacon.js";
import type { OpenBeacon } from "./beacon.js";
import type { Core } from "./boot.js";
import type { Fault } from "./watched.js";
/** One view of a page, with what stays here. */
export interface View {
    readonly beacon: OpenBeacon;
    /** Its address; never sent. */
    readonly url: string;
    /** Whether anything is to be sent. */
    isChanged: boolean;
}
export interface Page {
    readonly core: Core;
    /** The current one is the last. */
    readonly views: View[];
    readonly current: View;
    /** A sign of the person. A view belongs to one visit: if another has begun, so has another view. */
    touch(): void;
    /** Another view, which begins then on the time line of performance entries. */
    begin(navigation: Navigation, begins?: number): void;
    fail(kind: ErrorKind, fault: Fault, at?: number): void;
    /** Adds a call that began then to the current view, to be filled in. */
    call(at: number): BeaconCall;
    /** Something of the view has changed, and is sent within ten seconds. */
    soon(view?: View): void;
    /** Sends what has changed. */
    flush(isFinal?: boolean): void;
    /** Sends a text that may outlive its page; the answer is the server's status, 0 if there was none. */
    post(text: string, url?: string): Promise<number>;
    /** Sends a beacon as a text; `keep.ts` keeps it until it has arrived. */
    deliver(beacon: Beacon, text: string): void;
}
/** A record of functions and no class: their names are all that a minifier has to leave in it. */
export declare function makePage(core: Core): Page;
