/**
 * The options of the monitor, and how a script tag gives them: `data-sample-rate="0.1"` is `sampleRate: 0.1`.
 */
import type { Beacon } from "../generated/beacon.js";
export interface MonitorOptions {
    /** The Callbox server's address; the page's own origin if left out. For the script tag: where the script comes from. */
    server?: string;
    /** Where beacons go; `/cb/v` of the server if left out. */
    endpoint?: string;
    /** A second place, which gets a copy of each beacon. Nothing waits for its answer. */
    analyticsEndpoint?: string | undefined;
    /** The app's release, to compare two of them, and for source maps. */
    release?: string;
    /** The app's own id of its user: see `setUser`. */
    user?: string | null;
    /** The share of visits that is sent, 0 to 1: all if left out. Drawn once a visit. */
    sampleRate?: number;
    /** Nothing is measured and sent for people whose browser asks not to be tracked (Do Not Track, Global Privacy Control). */
    respectDoNotTrack?: boolean;
    /** The route of an address of this app; ids in paths become `:id` if left out. Called on each change of the address. */
    routeOf?: (url: URL) => string;
    /** Sees each beacon before it is sent, and may change it; `null` keeps it here. */
    beforeSend?: (beacon: Beacon) => Beacon | null;
}
/**
 * The options in the attributes of a script tag. `data-route` names the page's route whatever its address is. A rate is a text there, which
 * counts as its number.
 */
export declare function optionsOf(data: {
    readonly [name: string]: string | undefined;
}, source: string): MonitorOptions;
