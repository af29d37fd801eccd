import type { Beacon, CallOutcome, ErrorKind, Navigation, Vitals } from "../generated/beacon.js";
import type { QualityLevel } from "../generated/protocol.js";
import type { MonitorOptions } from "./options.js";
import type { PerformanceSummary } from "./summary.js";
import type { Visit } from "./visit.js";
import type { Fault, WatchedClient } from "./watched.js";
/** What an app calls. Where nothing is measured, the methods do nothing. */
export interface Monitor {
    /** A feature was used: a short name of letters, digits, `_`, `-`, `.` and `:`. */
    event(name: string): void;
    /** The app's own id of its user, which says nothing of the person: the server keeps a keyed hash of it. `null` for nobody. */
    setUser(id: string | null): void;
    /** Watches the errors, the calls and their quality of a `CallboxClient`. */
    watch(client: WatchedClient): void;
    /** Watches a connection of an app that is not Callbox's yet: a call, and how good it is. */
    watchPeerConnection(connection: RTCPeerConnection): void;
    /** What became of such a call, and why in a word. */
    call(outcome: CallOutcome, cause?: string): void;
    /** The person complained. */
    complaint(): void;
    getPerformanceSummary(): PerformanceSummary;
}
/** What the second half does. */
export interface Rest extends Omit<Monitor, "getPerformanceSummary"> {
    fail(kind: ErrorKind, fault: Fault): void;
    flush(isFinal: boolean): void;
}
/** One thing that was asked before the second half was there. */
export type Asked = {
    [Name in keyof Rest]: readonly [at: number, name: Name, parameters: Parameters<Rest[Name]>];
}[keyof Rest];
export declare const monitor: Monitor;
/** Milliseconds since the epoch, on the time line of performance entries. */
declare const now: () => number;
/** The result, or nothing: a browser may forbid storage, and lack what is measured. */
declare function attempt<T>(work: () => T): T | undefined;
declare const isHidden: () => boolean;
/** The page as both halves share it; what the first half made and the second one needs. */
export type Core = ReturnType<typeof makeCore>;
/** The first view came to be so, and began then. */
declare function makeCore(options: MonitorOptions, navigation: Navigation, shown: number): {
    options: MonitorOptions;
    asked: Asked[];
    attempt: typeof attempt;
    now: typeof now;
    isHidden: typeof isHidden;
    endpoint: string;
    visit: Visit | undefined;
    /** The current view's. */
    beacon: Beacon | undefined;
    /** Of the last view that the browser itself made, by loading the page or by taking it from its back/forward cache. */
    vitals: Vitals;
    /** A call keeps the visit alive. */
    isInCall: boolean;
    /** Of the call that goes on, or of the last one. */
    level: QualityLevel | undefined;
    /** A sign of the person: the visit goes on, or another begins; with so many more views. */
    touch(views?: number): Visit;
    /** The beacon of the first view. The tab's store is looked at only now: the first look into it holds a page up. */
    first(): Beacon;
    /** Another view, of the current visit. */
    begin(navigation: Navigation, begins: number, url?: string, vitals?: Vitals): Beacon;
    /** The time for which the page was visible belongs to the current view: its beacon, if there was some since it was last asked for. */
    see(): Beacon | false;
};
/** Starts once; `load` brings the rest. */
export declare function boot(options: MonitorOptions, load: () => Promise<{
    run(core: Core): Rest;
}>): Monitor;
export {};
