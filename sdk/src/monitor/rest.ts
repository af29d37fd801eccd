/**
 * The second half of the monitor, loaded when the browser is idle: the vitals by Google's `web-vitals`, views on route changes and from the
 * back/forward cache, and beacons that wait for the network. What is about calls is loaded when the app first speaks of one.
 */
import { CALL_CAUSE_CHARS_MAX } from "../generated/beacon.js";
import { addEvent } from "./beacon.js";
import type { Core, Rest } from "./boot.js";
import type { Calls } from "./calls.js";
import { followRoutes } from "./follow.js";
import { keepBeacons } from "./keep.js";
import { scrub } from "./scrub.js";
import { makePage } from "./views.js";
import { measureVitals } from "./vitals.js";

/** Whether the person was there is looked at so often. */
const SIGN_MS = 60_000;

export function run(core: Core): Rest {
  const page = makePage(core);
  keepBeacons(page);
  measureVitals(page);
  let calls: Calls | undefined;
  let loading: Promise<void> | undefined;
  const ofCalls = (work: (calls: Calls, at: number) => void) => {
    const at = core.now();
    // Without a network nothing is known of this call; the next one tries again.
    loading ??= import("./calls.js").then(({ makeCalls }) => void (calls = makeCalls(page))).catch(() => (loading = undefined));
    void loading.then(() => calls && work(calls, at));
  };
  const rest: Rest = {
    event(name) {
      page.touch();
      addEvent(page.current.beacon, name);
    },
    setUser(id) {
      // An address would tell who it is.
      core.options.user = page.current.beacon.user = id?.includes("@") ? null : id;
    },
    watch: (client) => ofCalls((calls, at) => calls.watch(at, client)),
    watchPeerConnection: (connection) => ofCalls((calls, at) => calls.watchPeerConnection(at, connection)),
    call: (outcome, cause = "") => ofCalls((calls, at) => calls.call(at, outcome, scrub(cause, CALL_CAUSE_CHARS_MAX))),
    complaint() {
      page.current.beacon.complaints++;
      page.soon();
    },
    fail: page.fail,
    flush: (isFinal) => (calls?.endClosed(), page.flush(isFinal)),
  };
  for (const [at, name, parameters] of core.asked) {
    if (name === "fail") page.fail(...parameters, at);
    else (rest[name] as (...parameters: unknown[]) => void)(...parameters);
  }
  followRoutes(page);
  let isThere = false;
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => (isThere = true), true);
  setInterval(() => {
    if (isThere || core.isInCall) page.touch();
    isThere = false;
  }, SIGN_MS);
  page.soon();
  return rest;
}
