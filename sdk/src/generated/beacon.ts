// Generated from crates/callbox-protocol by its test `generated`. Do not edit:
// `cargo xtask generate` writes it anew.
import type { CallId, QualityLevel, UnixMillis } from "./protocol.js";

/**
 * One visit of a browser, for monitoring; the browser makes it.
 */
export type VisitId = string;

/**
 * One view of a page in a visit; the browser makes it.
 */
export type ViewId = string;

/**
 * All that is known of one view of a page. Numbers are whole and not negative, but for `weight` and those in `vitals`.
 */
export type Beacon = { 
/**
 * [`BEACON_VERSION`].
 */
version: number, 
/**
 * The visit: views with at most 30 minutes between them, and at most 4 hours. Any UUID, made by the browser.
 */
visit: VisitId, 
/**
 * The view. A route change makes a new one, and so does a page that comes back from the back/forward cache.
 */
view: ViewId, 
/**
 * Which view of the visit this is, from 1 on.
 */
view_number?: number, 
/**
 * Counts the beacons of this view, from 1 on. The highest one replaces the others.
 */
sequence: number, 
/**
 * Whether the view has ended, or is hidden and may end without a word. An interim beacon says `false`.
 */
is_final?: boolean, 
/**
 * When the browser hands this beacon to the network, by its own clock. One that waited offline gets it anew,
 * since the server takes the time between the two clocks from it.
 */
sent_at: UnixMillis, 
/**
 * When the view began, by the same clock.
 */
started_at: UnixMillis, 
/**
 * How long the page was visible, so far.
 */
visible_ms?: number, 
/**
 * The path of the page without query and fragment, or the router's template: `/i/:code`. The server replaces
 * what looks like an id.
 */
route: string, 
/**
 * The app's release, for comparing two of them and for source maps.
 */
release?: string | null, 
/**
 * The kind of device.
 */
device?: DeviceKind, 
/**
 * How the view came to be.
 */
navigation?: Navigation, 
/**
 * How many visits this one stands for: 1 divided by the rate of sampling, which is decided once for a visit.
 */
weight?: number, 
/**
 * The app's own id of its user, if the app opted in. Kept as a keyed hash only.
 */
user?: string | null, 
/**
 * `navigator.webdriver`: a program drives this browser.
 */
is_driven?: boolean, 
/**
 * How fast the page was.
 */
vitals?: Vitals, 
/**
 * What went wrong: one entry for each kind, with its count.
 */
errors?: Array<BeaconError>, 
/**
 * Errors beyond [`ERRORS_MAX`] kinds, which are not in the list.
 */
errors_dropped?: number, 
/**
 * Features that were used: one entry for each name, with its count.
 */
events?: Array<BeaconEvent>, 
/**
 * The calls that began in this view.
 */
calls?: Array<BeaconCall>, 
/**
 * How often the person complained: a report, or the worst rating.
 */
complaints?: number, 
/**
 * The connection: of the calls, if there were some.
 */
connection?: ConnectionQuality | null, };

/**
 * How fast a page was. What was not measured is absent or `null`, never 0. Milliseconds, but for `cls`.
 */
export type Vitals = { 
/**
 * First Contentful Paint.
 */
fcp?: number | null, 
/**
 * Largest Contentful Paint.
 */
lcp?: number | null, 
/**
 * Cumulative Layout Shift: a score without a unit.
 */
cls?: number | null, 
/**
 * Interaction to Next Paint; absent where nobody interacted.
 */
inp?: number | null, 
/**
 * Time to First Byte.
 */
ttfb?: number | null, 
/**
 * First Input Delay, by the `first-input` entry.
 */
fid?: number | null, 
/**
 * The end of the `load` event.
 */
load?: number | null, };

/**
 * The kind of a device, by its screen and its pointer.
 */
export type DeviceKind = "phone" | "tablet" | "desk" | "other";

/**
 * How a view came to be.
 */
export type Navigation = "hard" | "soft" | "bfcache" | "prerender" | "reload" | "other";

/**
 * Errors of one kind in one view.
 */
export type BeaconError = { 
/**
 * Where it was noticed.
 */
kind?: ErrorKind, 
/**
 * The error's type: `TypeError`; of a resource the element's name, `img`; of the SDK its code.
 */
name?: string, 
/**
 * What the error says; of a resource its path without query and fragment.
 */
message?: string, 
/**
 * `error.stack` as the browser wrote it, without queries and fragments of URLs; the server reads its frames.
 * Without a stack, `at FILE:LINE:COLUMN` of the error event.
 */
stack?: string | null, 
/**
 * How often it happened in this view, so far.
 */
count?: number, 
/**
 * When it happened first, from the view's start.
 */
at_ms?: number, };

/**
 * Where an error was noticed.
 */
export type ErrorKind = "error" | "rejection" | "resource" | "sdk" | "media" | "other";

/**
 * A feature that was used.
 */
export type BeaconEvent = { 
/**
 * Its name.
 */
name: string, 
/**
 * How often in this view, so far.
 */
count?: number, };

/**
 * A call that began in this view: ours by its id, or one of another app by what became of it.
 */
export type BeaconCall = { 
/**
 * The call, if Callbox made it: all else about it is known to the server.
 */
call?: CallId | null, 
/**
 * What became of it; absent while it goes on.
 */
outcome?: CallOutcome | null, 
/**
 * Why it failed, in the app's own word.
 */
cause?: string | null, 
/**
 * When it began, from the view's start.
 */
at_ms?: number, 
/**
 * From its beginning to the first picture or sound.
 */
setup_ms?: number | null, 
/**
 * How long it lasted, so far.
 */
duration_ms?: number | null, 
/**
 * How good it was.
 */
quality?: ConnectionQuality | null, };

/**
 * What became of a call.
 */
export type CallOutcome = "success" | "failure" | "dropped" | "left" | "denied" | "other";

/**
 * How good a connection was. What was not measured is absent or `null`.
 */
export type ConnectionQuality = { 
/**
 * In a word: the level of most of its time.
 */
level?: QualityLevel | null, 
/**
 * 0 to 95, as in a call's summary.
 */
score?: number | null, 
/**
 * The mean round trip.
 */
rtt_ms?: number | null, 
/**
 * The mean jitter.
 */
jitter_ms?: number | null, 
/**
 * Packets lost of a thousand.
 */
loss_permille?: number | null, 
/**
 * Whether the media went through a relay.
 */
is_relayed?: boolean | null, };

export const BEACON_VERSION = 1;
export const BEACON_BYTES_MAX = 16384;
export const ROUTE_CHARS_MAX = 120;
export const RELEASE_CHARS_MAX = 40;
export const OPAQUE_USER_CHARS_MAX = 128;
export const ERRORS_MAX = 10;
export const ERROR_NAME_CHARS_MAX = 60;
export const ERROR_MESSAGE_CHARS_MAX = 300;
export const ERROR_STACK_CHARS_MAX = 1000;
export const EVENTS_MAX = 30;
export const EVENT_NAME_CHARS_MAX = 32;
export const BEACON_CALLS_MAX = 10;
export const CALL_CAUSE_CHARS_MAX = 40;
