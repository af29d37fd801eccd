/**
 * How long after the last fault all must be well again: five seconds, and each wait that the design itself has.
 *
 * A wait is allowed for only in runs in which it can happen, and each says where it comes from. A longer wait is a fault of
 * the client, or one that somebody has to write down here.
 */
import type { Fault } from "./faults.js";

export interface Circumstance {
  readonly faults: readonly { readonly at: number; readonly fault: Fault }[];
  /** The time that slow searches for a path have cost, beyond the usual. */
  readonly slowIceMs: number;
  /** Faults came while a page was being opened, or while somebody waited: nothing is watched closely then. */
  readonly wasOpening: boolean;
  readonly wasWaiting: boolean;
  /** One hung up in the midst of it: the word of that may be lost with the page or the server. */
  readonly wasHungUp: boolean;
  /** A browser decoded pictures and presented none, and only another connection cured it. */
  readonly wasStuck: boolean;
  /** A page was hidden: its timers ring once a second. */
  readonly wasHidden: boolean;
  /** Somebody sent neither picture nor sound for a while. */
  readonly wasNothingSent: boolean;
  /** Somebody shared a screen, which may be still. */
  readonly wasScreen: boolean;
  /** The longest round trip between the two. */
  readonly roundTripMs: number;
}

const BASE_MS = 5_000;
/** Attempts to reach the server wait up to 1 s in the first ten seconds, and up to 5 s after that (`link.ts`). */
const RECONNECT_SOON_MS = 1_000;
const RECONNECT_MS = 5_000;
const SOON_MS = 10_000;
/** A frozen picture is noticed after 2 s, and a restart has 2 s to cure it before a new connection does (`flow.ts`, `negotiation.ts`). */
const STUCK_MS = 6_000;
/** A still screen sends one frame a second: that none of them is presented takes longer to notice. */
const SCREEN_MS = 8_000;
/** A search that is slow is given up for another connection, which takes its time too. */
const ANEW_MS = 1_500;
/** Three looks until something comes again, as many until it is missed, and steps in between, each up to a second late. */
const HIDDEN_MS = 6_000;
/** If a side sends nothing, the browser alone knows, after 7 s, that there is no path. */
const NOTHING_MS = 8_000;
/** A server that stops gracefully says when to reconnect: within 3.5 s, so that not all come at once. */
const RESTART_MS = 3_500;
/** A side that stays ends the call 10 s after the other left, if the server noticed; else after 30 s without media. */
const LEFT_MS = 10_000;
const GIVE_UP_MS = 30_000;
const NOTICE_MS = 2_500;
/** One change of the network is reported several times, in a second or three. */
const BURST_MS = 3_000;
/** To sign in and to open camera and microphone. */
const OPENING_MS = 2_000;
/** Outside of a call a dead socket is noticed by the protocol's own signs of life. */
const SILENCE_MS = 25_000;

/** The waits that are allowed, by name. */
export function allowances({
  faults,
  slowIceMs,
  wasOpening,
  wasWaiting,
  wasHungUp,
  wasStuck,
  wasHidden,
  wasNothingSent,
  wasScreen,
  roundTripMs,
}: Circumstance): Record<string, number> {
  const lengths = faults.map(({ fault }) => lengthOf(fault));
  const longest = Math.max(0, ...lengths);
  const others = (kind: Fault["kind"]) => faults.some(({ fault }) => fault.kind !== kind);
  const allowed: Record<string, number> = { base: BASE_MS + 5 * roundTripMs, ice: slowIceMs === 0 ? 0 : slowIceMs + ANEW_MS };
  if (longest > 0) allowed["reconnect"] = longest > SOON_MS / 2 ? RECONNECT_MS : RECONNECT_SOON_MS;
  // A connection begun in an outage is tried again after waits that double (TCP's 1, 2, 4 s): the last may be as long as all before.
  if (longest > 1_000) allowed["tcp"] = wasOpening ? longest : Math.min(4_000, longest);
  // A change that follows another at once may be the same one: an offer in between is repaired by the next step.
  const switches = faults.filter(({ fault }) => fault.kind === "switch");
  if (switches.some(({ at }, place) => place > 0 && at - switches[place - 1]!.at < BURST_MS)) allowed["burst"] = BURST_MS;
  if (wasOpening) allowed["opening"] = OPENING_MS;
  if (wasWaiting && longest > SOON_MS / 2) allowed["waiting"] = SILENCE_MS;
  if (wasStuck) allowed["stuck"] = STUCK_MS + (wasScreen ? SCREEN_MS : 0);
  if (wasNothingSent) allowed["nothing"] = NOTHING_MS;
  if (wasHidden) allowed["hidden"] = HIDDEN_MS;
  if (faults.some(({ fault }) => fault.kind === "restart")) allowed["restart"] = RESTART_MS;
  if (wasHungUp) allowed["left"] = NOTICE_MS + LEFT_MS;
  for (const { fault } of faults) {
    // A page that returns gives up after ten seconds without a server.
    const awayMs = fault.kind === "reload" ? (fault.ms ?? Infinity) + (others("reload") ? longest : 0) : 0;
    if (fault.kind === "reload" && awayMs > LEFT_MS / 2) {
      // That the page left may have been lost with its network.
      allowed["left"] = NOTICE_MS + (others("reload") || fault.who === "both" ? GIVE_UP_MS : LEFT_MS);
    }
  }
  // A side is silent for long: the other side waits for half a minute from its last sign.
  if (longest > SOON_MS) allowed["give up"] = NOTICE_MS + Math.max(0, GIVE_UP_MS - longest);
  return allowed;
}

function lengthOf(fault: Fault): number {
  switch (fault.kind) {
    case "switch":
      return fault.gapMs;
    case "reset":
    case "clock":
      return 0;
    default:
      return fault.ms ?? 0;
  }
}
