import type { Beacon, BeaconCall, BeaconError, BeaconEvent, DeviceKind, ErrorKind, Vitals } from "../generated/beacon.js";
import type { Fault } from "./watched.js";
/** A beacon while it is gathered: its lists are there. */
export type OpenBeacon = Beacon & {
    vitals: Vitals;
    errors: BeaconError[];
    errors_dropped: number;
    events: BeaconEvent[];
    calls: BeaconCall[];
    complaints: number;
};
/** Gives a beacon its lists. */
export declare function open(beacon: Beacon, device: DeviceKind): OpenBeacon;
/** Milliseconds from the view's start. */
export declare const since: (beacon: Beacon, at: number) => number;
/** Adds an error, or counts one that is there already. */
export declare function addError(beacon: OpenBeacon, kind: ErrorKind, fault: Fault, at: number): void;
/** Counts a feature. A name with other characters than the protocol has is none. */
export declare function addEvent(beacon: OpenBeacon, name: string): void;
/** Adds a call that begins, and returns it to be filled in; the last ones stay. */
export declare function addCall(beacon: OpenBeacon, at: number): BeaconCall;
/** The text that is sent: without stacks if it would be too large with them. */
export declare function textOf(beacon: Beacon): string;
