// src/generated/beacon.ts
var BEACON_VERSION = 1;

// src/monitor/routes.ts
var ROUTE_CHARS_MAX = 100;
var ID = /^\d+$|^(?=.*\d)[\w~.-]{8,}$|^.{24,}$|@|%40/;
function routeOf(path) {
  const parts = path.split("/").map((part) => ID.test(part) ? ":id" : part);
  return parts.join("/").slice(0, ROUTE_CHARS_MAX) || "/";
}

// src/monitor/summary.ts
function summaryOf({ vitals, visit, level = void 0 } = {}, now2) {
  const { fcp = null, lcp = null, cls = null, fid = null, inp = null, ttfb = null, load: loadTime = null } = vitals ?? {};
  const { views: pageViews = 0, errors = 0, began = now2 } = visit ?? {};
  const connectionQuality = level === "frozen" || level === "disconnected" ? "lost" : level ?? "unknown";
  return { coreWebVitals: { fcp, lcp, cls, fid, inp, ttfb }, sessionMetrics: { pageViews, errors, duration: now2 - began, loadTime, connectionQuality } };
}

// src/monitor/visit.ts
var IDLE_MS = 30 * 6e4;
var VISIT_MS_MAX = 4 * 36e5;
function goesOn(visit, now2, isInCall) {
  return visit.weight >= 0 && (isInCall || now2 >= visit.began && now2 - visit.seen < IDLE_MS && now2 - visit.began < VISIT_MS_MAX);
}
function newVisit(id, now2, sampleRate, random) {
  return { id, began: now2, seen: now2, weight: random < sampleRate ? 1 / sampleRate : 0, views: 0, errors: 0 };
}

// src/monitor/boot.ts
var LOAD_MS_MAX = 5e3;
var ASKED_MAX = 50;
var KEY = "callbox.visit";
var asked = [];
var rest;
var core;
var ask = (name) => (...parameters) => {
  if (rest) rest[name](...parameters);
  else if (asked.length < ASKED_MAX) asked.push([now(), name, parameters]);
};
var fail = ask("fail");
var monitor = {
  event: ask("event"),
  setUser: ask("setUser"),
  watch: ask("watch"),
  watchPeerConnection: ask("watchPeerConnection"),
  call: ask("call"),
  complaint: ask("complaint"),
  getPerformanceSummary: () => (core?.first(), summaryOf(core, now()))
};
var now = () => Math.round(performance.timeOrigin + performance.now());
function attempt(work) {
  try {
    return work();
  } catch {
    return void 0;
  }
}
var uuid = () => "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => (+digit ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> +digit / 4).toString(16));
var isHidden = () => document.visibilityState === "hidden";
function makeCore(options, navigation, shown) {
  const url = location.href;
  let visibleSince = isHidden() ? 0 : shown || 1;
  const core2 = {
    options,
    asked,
    attempt,
    now,
    isHidden,
    endpoint: options.endpoint ?? `${options.server ?? location.origin}/cb/v`,
    visit: void 0,
    /** The current view's. */
    beacon: void 0,
    /** Of the last view that the browser itself made, by loading the page or by taking it from its back/forward cache. */
    vitals: {},
    /** A call keeps the visit alive. */
    isInCall: false,
    /** Of the call that goes on, or of the last one. */
    level: void 0,
    /** A sign of the person: the visit goes on, or another begins; with so many more views. */
    touch(views = 0) {
      const at = now();
      const kept = core2.visit ?? attempt(() => JSON.parse(sessionStorage.getItem(KEY)));
      const visit = kept && goesOn(kept, at, core2.isInCall) ? kept : newVisit(uuid(), at, options.sampleRate ?? 1, Math.random());
      core2.visit = visit;
      visit.seen = at;
      visit.views += views;
      attempt(() => sessionStorage.setItem(KEY, JSON.stringify(visit)));
      return visit;
    },
    /** The beacon of the first view. The tab's store is looked at only now: the first look into it holds a page up. */
    first() {
      return core2.beacon ??= core2.begin(navigation, shown, url, core2.vitals);
    },
    /** Another view, of the current visit. */
    begin(navigation2, begins, url2 = location.href, vitals = {}) {
      const visit = core2.touch(1);
      const address = new URL(url2);
      return core2.beacon = {
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
        navigation: navigation2,
        weight: visit.weight,
        is_driven: navigator.webdriver,
        vitals
      };
    },
    /** The time for which the page was visible belongs to the current view: its beacon, if there was some since it was last asked for. */
    see() {
      const at = performance.now();
      const beacon = core2.first();
      const wasVisible = visibleSince > 0;
      if (wasVisible) beacon.visible_ms = Math.round((beacon.visible_ms ?? 0) + at - visibleSince);
      visibleSince = isHidden() ? 0 : at;
      return wasVisible && beacon;
    }
  };
  return core2;
}
function boot(options, load) {
  if (core || typeof document === "undefined") return monitor;
  Object.assign(window, { performanceMonitor: monitor });
  const { globalPrivacyControl, doNotTrack } = navigator;
  if (options.respectDoNotTrack && (globalPrivacyControl || doNotTrack === "1")) return monitor;
  if (document.prerendering) addEventListener("prerenderingchange", () => begin(options, load), { once: true });
  else begin(options, load);
  return monitor;
}
function begin(options, load) {
  const [entry] = performance.getEntriesByType("navigation");
  const shown = entry?.activationStart ?? 0;
  const made = core = makeCore(options, shown ? "prerender" : entry?.type === "reload" ? "reload" : "hard", shown);
  listen(made);
  if (!isHidden()) measure(made.vitals, shown);
  let isLoading = false;
  const later = () => {
    if (isLoading) return;
    isLoading = true;
    (window.requestIdleCallback ?? setTimeout)(async () => {
      const half = await load().catch(() => void 0);
      rest = half?.run(made);
    });
  };
  if (document.readyState === "complete") later();
  else addEventListener("load", later);
  setTimeout(later, LOAD_MS_MAX);
}
function listen(core2) {
  const leave = (isFinal) => {
    if (rest) return rest.flush(isFinal);
    const beacon = core2.see();
    if (!beacon || !beacon.weight || core2.options.beforeSend) return;
    const errors = asked.flatMap(([, name, [kind, fault]]) => name === "fail" ? { kind, name: fault.name ?? "" } : []);
    beacon.sequence++;
    navigator.sendBeacon(core2.endpoint, JSON.stringify({ ...beacon, is_final: true, sent_at: now(), errors }));
  };
  addEventListener("visibilitychange", () => isHidden() ? leave(true) : core2.see());
  addEventListener("pagehide", () => leave(true));
  addEventListener("unhandledrejection", ({ reason }) => fail("rejection", reason instanceof Error ? reason : { message: `${reason}` }));
  addEventListener(
    "error",
    ({ target, message, error, filename, lineno, colno }) => {
      const { localName: name, src, href } = target;
      if (name) fail("resource", { name, message: `${src || href}` });
      else fail("error", error instanceof Error ? error : { message, stack: `at ${filename}:${lineno}:${colno}` });
    },
    true
  );
}
function measure(vitals, shown) {
  const observe = (type, take) => attempt(() => new PerformanceObserver((list) => list.getEntries().forEach((entry) => take(entry))).observe({ type, buffered: true }));
  observe("first-input", (entry) => vitals.fid = entry.processingStart - entry.startTime);
  observe("paint", (entry) => rest || entry.name === "first-contentful-paint" && (vitals.fcp = entry.startTime - shown));
  observe("largest-contentful-paint", (entry) => rest || (vitals.lcp = entry.startTime - shown));
  observe("layout-shift", (entry) => rest || entry.hadRecentInput || (vitals.cls = (vitals.cls ?? 0) + entry.value));
}

// src/monitor.ts
function startMonitor(options = {}, env = {}) {
  const { VITE_SIGNALING_SERVER_URL: server, VITE_ANALYTICS_ENDPOINT: analyticsEndpoint } = env;
  return boot({ ...server && { server: server.replace(/^ws/, "http") }, ...analyticsEndpoint && { analyticsEndpoint }, ...options }, () => import("./monitor/rest.js"));
}
export {
  monitor,
  startMonitor
};
