/**
 * A visit: what one tab does until it rests for half an hour, or for four hours at most. A call keeps a visit alive.
 *
 * Pure. The sample is drawn once, when a visit begins, and kept with it: later pages of the visit do not draw again.
 */
/** Half an hour without a sign of the person ends a visit. */
export declare const IDLE_MS: number;
/** A visit that goes on all day says little of one sitting. */
export declare const VISIT_MS_MAX: number;
/** As the tab keeps it. */
export interface Visit {
    readonly id: string;
    /** Its begin, in milliseconds since the epoch. */
    readonly began: number;
    /** The last sign of the person. */
    seen: number;
    /** The visits that this one stands for; 0 if nothing of it is sent. */
    readonly weight: number;
    /** Page views and errors so far, on all its pages. */
    views: number;
    errors: number;
}
/**
 * Whether this is a visit that goes on at this time. A clock that was set back ends it too, and so does a figure that is none: other scripts
 * of the page may write where it is kept.
 */
export declare function goesOn(visit: Visit, now: number, isInCall: boolean): boolean;
/** A new visit. `random` is from 0 up to, not including, 1; a rate of 0.1 sends one visit of ten, which counts as ten. */
export declare function newVisit(id: string, now: number, sampleRate: number, random: number): Visit;
