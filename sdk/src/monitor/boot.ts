/**
 * The first half of the monitor, small, since it runs while the page is loaded: it begins the visit and the view, notices errors and what the
 * browser measures, and can send a first beacon by itself if the page is left at once.
 *
 * The second half (`rest.ts`) is loaded when the browser is idle after the page's load, takes this one's state, and does what was asked
 * meanwhile: 50 things at most. No element is touched, no cookie is set.
 */
import { BEACON_VERSION } from "../generated/beacon.js";
import type { Beacon, CallOutcome, ErrorKind, Navigation, Vitals } from "../generated/beacon.js";
import type { QualityLevel } from "../generated/protocol.js";
import type { MonitorOptions } from "./options.js";
import { routeOf } from "./routes.js";
import { summaryOf } from "./summary.js";
import type { PerformanceSummary } from "./summary.js";
import { goesOn, newVisit } from "./visit.js";
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
export type Asked = { [Name in keyof Rest]: readonly [at: number, name: Name, parameters: Parameters<Rest[Name]>] }[keyof Rest];

/** A page whose load never ends is measured too. */
const LOAD_MS_MAX = 5_000;
const ASKED_MAX = 50;
const KEY = "callbox.visit";

const asked: Asked[] = [];
let rest: Rest | undefined;
let core: Core | undefined;

const ask =
  <Name extends keyof Rest>(name: Name) =>
  (...parameters: Parameters<Rest[Name]>): void => {
    if (rest) (rest[name] as (...parameters: Parameters<Rest[Name]>) => void)(...parameters);
    else if (asked.length < ASKED_MAX) asked.push([now(), name, parameters] as unknown as Asked);
  };
const fail = ask("fail");

export const monitor: Monitor = {
  event: ask("event"),
  setUser: ask("setUser"),
  watch: ask("watch"),
  watchPeerConnection: ask("watchPeerConnection"),
  call: ask("call"),
  complaint: ask("complaint"),
  getPerformanceSummary: () => (core?.first(), summaryOf(core, now())),
};

/** Milliseconds since the epoch, on the time line of performance entries. */
const now = () => Math.round(performance.timeOrigin + performance.now());

/** The result, or nothing: a browser may forbid storage, and lack what is measured. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** A UUID; `crypto.randomUUID` is there in secure contexts alone. */
const uuid = () =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => (+digit ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (+digit / 4)))).toString(16));

const isHidden = () => document.visibilityState === "hidden";

/** The page as both halves share it; what the first half made and the second one needs. */
export type Core = ReturnType<typeof makeCore>;

/** The first view came to be so, and began then. */
function makeCore(options: MonitorOptions, navigation: Navigation, shown: number) {
  const url = location.href;
  let visibleSince = isHidden() ? 0 : shown || 1;
  const core = {
    options,
    asked,
    attempt,
    now,
    isHidden,
    endpoint: options.endpoint ?? `${options.server ?? location.origin}/cb/v`,
    visit: undefined as Visit | undefined,
    /** The current view's. */
    beacon: undefined as Beacon | undefined,
    /** Of the last view that the browser itself made, by loading the page or by taking it from its back/forward cache. */
    vitals: {} as Vitals,
    /** A call keeps the visit alive. */
    isInCall: false,
    /** Of the call that goes on, or of the last one. */
    level: undefined as QualityLevel | undefined,

    /** A sign of the person: the visit goes on, or another begins; with so many more views. */
    touch(views = 0): Visit {
      const at = now();
      const kept = core.visit ?? attempt(() => JSON.parse(sessionStorage.getItem(KEY)!) as Visit);
      const visit = kept && goesOn(kept, at, core.isInCall) ? kept : newVisit(uuid(), at, options.sampleRate ?? 1, Math.random());
      core.visit = visit;
      visit.seen = at;
      visit.views += views;
      attempt(() => sessionStorage.setItem(KEY, JSON.stringify(visit)));
      return visit;
    },

    /** The beacon of the first view. The tab's store is looked at only now: the first look into it holds a page up. */
    first(): Beacon {
      return (core.beacon ??= core.begin(navigation, shown, url, core.vitals));
    },

    /** Another view, of the current visit. */
    begin(navigation: Navigation, begins: number, url = location.href, vitals: Vitals = {}): Beacon {
      const visit = core.touch(1);
      const address = new URL(url);
      return (core.beacon = {
        version: BEACON_VERSION,
        visit: visit.id,
        view: uuid(),
        view_number: visit.views,
        sequence: 0,
        sent_at: 0,
        started_at: Math.round(performance.timeOrigin + begins),
        route: options.routeOf?.(address) ?? routeOf(address.pathname),
        release: options.release ?? null,
        user: options.user ?? null,
        navigation,
        weight: visit.weight,
        is_driven: navigator.webdriver,
        vitals,
      });
    },

    /** The time for which the page was visible belongs to the current view: its beacon, if there was some since it was last asked for. */
    see(): Beacon | false {
      const at = performance.now();
      const beacon = core.first();
      const wasVisible = visibleSince > 0;
      if (wasVisible) beacon.visible_ms = Math.round((beacon.visible_ms ?? 0) + at - visibleSince);
      visibleSince = isHidden() ? 0 : at;
      return wasVisible && beacon;
    },
  };
  return core;
}

/** Starts once; `load` brings the rest. */
export function boot(options: MonitorOptions, load: () => Promise<{ run(core: Core): Rest }>): Monitor {
  // Rendered ahead of time there is nobody to measure.
  if (core || typeof document === "undefined") return monitor;
  Object.assign(window, { performanceMonitor: monitor });
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { globalPrivacyControl?: boolean };
  if (options.respectDoNotTrack && (globalPrivacyControl || doNotTrack === "1")) return monitor;
  // A page that is made ahead of being asked for is a view once it is shown.
  if ((document as { prerendering?: boolean }).prerendering) addEventListener("prerenderingchange", () => begin(options, load), { once: true });
  else begin(options, load);
  return monitor;
}

function begin(options: MonitorOptions, load: () => Promise<{ run(core: Core): Rest }>): void {
  const [entry] = performance.getEntriesByType("navigation") as (PerformanceNavigationTiming & { activationStart?: number })[];
  const shown = entry?.activationStart ?? 0;
  const made = (core = makeCore(options, shown ? "prerender" : entry?.type === "reload" ? "reload" : "hard", shown));
  listen(made);
  if (!isHidden()) measure(made.vitals, shown);

  let isLoading = false;
  const later = () => {
    if (isLoading) return;
    isLoading = true;
    ((window as { requestIdleCallback?: typeof requestIdleCallback }).requestIdleCallback ?? setTimeout)(async () => {
      // If it cannot be loaded, first beacons are all that there are.
      const half = await load().catch(() => undefined);
      rest = half?.run(made);
    });
  };
  if (document.readyState === "complete") later();
  else addEventListener("load", later);
  setTimeout(later, LOAD_MS_MAX);
}

function listen(core: Core): void {
  const leave = (isFinal: boolean) => {
    if (rest) return rest.flush(isFinal);
    const beacon = core.see();
    if (!beacon || !beacon.weight || core.options.beforeSend) return;
    // Texts are scrubbed by the rest; without it they stay here.
    const errors = asked.flatMap(([, name, [kind, fault]]) => (name === "fail" ? { kind: kind as ErrorKind, name: (fault as Fault).name ?? "" } : []));
    beacon.sequence++;
    navigator.sendBeacon(core.endpoint, JSON.stringify({ ...beacon, is_final: true, sent_at: now(), errors }));
  };
  // Bubbling: what measures the page hears of it before.
  addEventListener("visibilitychange", () => (isHidden() ? leave(true) : core.see()));
  // Some browsers leave a page without hiding it.
  addEventListener("pagehide", () => leave(true));
  addEventListener("unhandledrejection", ({ reason }) => fail("rejection", reason instanceof Error ? reason : { message: `${reason}` }));
  // Capturing: an element's failure to load does not bubble.
  addEventListener(
    "error",
    ({ target, message, error, filename, lineno, colno }: ErrorEvent & { target: unknown }) => {
      const { localName: name, src, href } = target as Element & { src?: string; href?: string };
      if (name) fail("resource", { name, message: `${src || href}` });
      else fail("error", error instanceof Error ? error : { message, stack: `at ${filename}:${lineno}:${colno}` });
    },
    true,
  );
}

/** First figures, for a page that is left before the rest is there; the first input's delay, which the rest does not measure. */
function measure(vitals: Vitals, shown: number): void {
  const observe = (type: string, take: (entry: PerformanceEntry & { processingStart: number; value: number; hadRecentInput: boolean }) => void) =>
    attempt(() => new PerformanceObserver((list) => list.getEntries().forEach((entry) => take(entry as never))).observe({ type, buffered: true }));
  observe("first-input", (entry) => (vitals.fid = entry.processingStart - entry.startTime));
  observe("paint", (entry) => rest || (entry.name === "first-contentful-paint" && (vitals.fcp = entry.startTime - shown)));
  observe("largest-contentful-paint", (entry) => rest || (vitals.lcp = entry.startTime - shown));
  observe("layout-shift", (entry) => rest || entry.hadRecentInput || (vitals.cls = (vitals.cls ?? 0) + entry.value));
}
