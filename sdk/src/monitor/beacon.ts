/**
 * What a beacon gathers while its page view lasts, within the bounds of the protocol.
 *
 * Pure. A beacon is the whole of its view so far, so it is changed in place until the view is forgotten, and may be sent at any time.
 */
import { BEACON_BYTES_MAX, BEACON_CALLS_MAX, ERROR_MESSAGE_CHARS_MAX, ERROR_NAME_CHARS_MAX, ERROR_STACK_CHARS_MAX, ERRORS_MAX, EVENTS_MAX } from "../generated/beacon.js";
import type { Beacon, BeaconCall, BeaconError, BeaconEvent, DeviceKind, ErrorKind, Vitals } from "../generated/beacon.js";
import { scrub, scrubStack } from "./scrub.js";
import type { Fault } from "./watched.js";

/** A beacon while it is gathered: its lists are there. */
export type OpenBeacon = Beacon & { vitals: Vitals; errors: BeaconError[]; errors_dropped: number; events: BeaconEvent[]; calls: BeaconCall[]; complaints: number };

/** Gives a beacon its lists. */
export function open(beacon: Beacon, device: DeviceKind): OpenBeacon {
  return Object.assign(beacon, { device, vitals: beacon.vitals ?? {}, errors: [], errors_dropped: 0, events: [], calls: [], complaints: 0 });
}

/** Milliseconds from the view's start. */
export const since = (beacon: Beacon, at: number): number => Math.max(0, Math.round(at - beacon.started_at));

/** Adds one to a list, or counts one that is there already; false if there is no room. */
function count<One extends { count?: number }>(list: One[], one: One, max: number, isSame: (other: One) => boolean): boolean {
  const same = list.find(isSame);
  if (same) same.count!++;
  else if (list.length < max) list.push({ ...one, count: 1 });
  else return false;
  return true;
}

/** Adds an error, or counts one that is there already. */
export function addError(beacon: OpenBeacon, kind: ErrorKind, fault: Fault, at: number): void {
  const error = {
    kind,
    name: (fault.name ?? "").slice(0, ERROR_NAME_CHARS_MAX),
    message: scrub(fault.message ?? "", ERROR_MESSAGE_CHARS_MAX),
    stack: scrubStack(fault.stack ?? "", ERROR_STACK_CHARS_MAX) || null,
    at_ms: since(beacon, at),
  };
  const isSame = (other: BeaconError) => (["kind", "name", "message", "stack"] as const).every((part) => other[part] === error[part]);
  if (!count<BeaconError>(beacon.errors, error, ERRORS_MAX, isSame)) beacon.errors_dropped++;
}

/** Counts a feature. A name with other characters than the protocol has is none. */
export function addEvent(beacon: OpenBeacon, name: string): void {
  if (/^[\w.:-]{1,32}$/.test(name)) count<BeaconEvent>(beacon.events, { name }, EVENTS_MAX, (other) => other.name === name);
}

/** Adds a call that begins, and returns it to be filled in; the last ones stay. */
export function addCall(beacon: OpenBeacon, at: number): BeaconCall {
  const call: BeaconCall = { at_ms: since(beacon, at) };
  if (beacon.calls.push(call) > BEACON_CALLS_MAX) beacon.calls.shift();
  return call;
}

/** The text that is sent: without stacks if it would be too large with them. */
export function textOf(beacon: Beacon): string {
  const text = JSON.stringify(beacon);
  return new Blob([text]).size > BEACON_BYTES_MAX ? JSON.stringify(beacon, (key, value: unknown) => (key === "stack" ? null : value)) : text;
}
