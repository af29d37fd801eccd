/**
 * The views of this page, and when their beacons go.
 *
 * The last four are kept, since figures of a view may come after the next one has begun. A beacon goes when its view is hidden, ten seconds
 * after it begins or fails, and when the next one has begun; a page that fails all the time sends twelve a view in between.
 */
import type { Beacon, BeaconCall, DeviceKind, ErrorKind, Navigation } from "../generated/beacon.js";
import { addCall, addError, open, textOf } from "./beacon.js";
import type { OpenBeacon } from "./beacon.js";
import type { Core } from "./boot.js";
import type { Fault } from "./watched.js";

const VIEWS_MAX = 4;
/** A tab that is killed says nothing more. */
const INTERIM_MS = 10_000;
const INTERIM_MAX = 12;
/** Browsers refuse requests that outlive their page beyond 64 KiB, and Safari drops them without a word. */
const IN_FLIGHT_CHARS_MAX = 60_000;

const device = (): DeviceKind => (!matchMedia("(pointer:coarse)").matches ? "desk" : screen.width < 600 ? "phone" : "tablet");

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
export function makePage(core: Core): Page {
  const { options, now, isHidden } = core;
  const view = (beacon: Beacon): View => ({ beacon: open(beacon, device()), url: location.href, isChanged: true });
  const views = [view(core.first())];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let inFlight = 0;

  const page: Page = {
    core,
    views,
    get current() {
      return views.at(-1)!;
    },

    touch() {
      const before = core.visit;
      if (core.touch() !== before) page.begin("other");
    },

    begin(navigation, begins = performance.now()) {
      // The view that ends goes now: the tab may be killed in the next one.
      page.flush(true);
      views.push(view(core.begin(navigation, begins)));
      if (views.length > VIEWS_MAX) views.shift();
      if (navigation === "bfcache") core.vitals = page.current.beacon.vitals;
      page.soon();
    },

    fail(kind, fault, at = now()) {
      page.touch();
      core.visit!.errors++;
      addError(page.current.beacon, kind, fault, at);
      page.soon();
    },

    call(at) {
      page.touch();
      return addCall(page.current.beacon, at);
    },

    soon(view = page.current) {
      view.isChanged = true;
      if (view.beacon.sequence < INTERIM_MAX) timer ??= setTimeout(page.flush, INTERIM_MS);
    },

    flush(isFinal = isHidden()) {
      clearTimeout(timer);
      timer = undefined;
      if (core.see()) page.current.isChanged = true;
      views.forEach((view) => {
        if (view.isChanged) send(view.beacon, isFinal || view !== page.current);
        view.isChanged = false;
      });
    },

    async post(text, url = core.endpoint) {
      if (inFlight + text.length > IN_FLIGHT_CHARS_MAX) return navigator.sendBeacon(url, text) ? 204 : 0;
      inFlight += text.length;
      try {
        // The time of its way is now, however long it waited. A string is `text/plain`: for any other type a browser asks first whether it may.
        const body = text.replace(/("sent_at":)\d+/, `$1${now()}`);
        return (await fetch(url, { method: "POST", body, keepalive: true, credentials: "omit" })).status;
      } catch {
        return 0;
      } finally {
        inFlight -= text.length;
      }
    },

    deliver: () => undefined,
  };

  function send(beacon: OpenBeacon, isFinal: boolean): void {
    if (!beacon.weight) return;
    beacon.sequence++;
    beacon.is_final = isFinal;
    const sent = options.beforeSend ? options.beforeSend(structuredClone(beacon)) : beacon;
    if (!sent) return;
    const text = textOf(sent);
    page.deliver(beacon, text);
    if (options.analyticsEndpoint) void page.post(text, options.analyticsEndpoint);
  }

  return page;
}
