/**
 * Calls: those of a `CallboxClient`, of which the server knows the rest by their id, and those of an app that is not Callbox's yet.
 *
 * Loaded when the app first names a client, a connection or a call: a page without calls never loads it.
 */
import type { CallState } from "../core/state.js";
import type { CallOutcome, ConnectionQuality } from "../generated/beacon.js";
import { between, countsOf } from "./counts.js";
import type { Entry } from "./counts.js";
import { makeCourse } from "./course.js";
import type { Reading } from "./course.js";
import type { Page } from "./views.js";
import type { WatchedClient } from "./watched.js";

/** Often enough for a word on a connection, and seldom enough for a phone's battery. */
const READ_MS = 5_000;
/** Connections of the app that are watched at the same time. */
const CONNECTIONS_MAX = 8;

type Running = ReturnType<typeof follow>;

/** What is asked for a call: each with the time at which it was asked, since this may have been loaded only then. */
export interface Calls {
  watch(at: number, client: WatchedClient): void;
  watchPeerConnection(at: number, connection: RTCPeerConnection): void;
  /** The cause is without what may tell of a person. */
  call(at: number, outcome: CallOutcome, cause: string): void;
  /** Ends what is closed: closing by `close` is no event, and a page that ends does not come to the next look. */
  endClosed(): void;
}

/** A call under way. */
function follow(page: Page, began: number) {
  const { core, current: view } = page;
  const call = page.call(began);
  const course = makeCourse();
  let connected = 0;
  core.isInCall = true;
  return {
    call,
    connect() {
      if (connected) return;
      connected = core.now();
      call.setup_ms = connected - began;
      page.soon(view);
    },
    take(reading: Reading, more?: ConnectionQuality) {
      core.level = reading.level;
      view.beacon.connection = call.quality = { ...course(reading), ...more };
    },
    /** Ends it, for this cause. The app's own word of what became of it counts more. */
    end(cause: string) {
      core.isInCall = false;
      if (connected) call.duration_ms = core.now() - connected;
      call.outcome ??= /denied/.test(cause) ? "denied" : /failed|lost/.test(cause) ? (connected ? "dropped" : "failure") : connected ? "success" : "left";
      page.soon(view);
    },
  };
}

export function makeCalls(page: Page): Calls {
  /** Each with what ends its call if it is closed. */
  const watched = new Map<RTCPeerConnection, () => void>();
  /** The app's last call, until the app has said what became of it. */
  let last: Running | undefined;

  return {
    watch(at, client) {
      let running: Running | undefined;
      const take = (state: CallState, at = page.core.now()) => {
        if (state.name === "ended") {
          running?.end(state.reason.cause);
          running = undefined;
        } else if ("match" in state) {
          (running ??= follow(page, at)).call.call = state.match.call;
          if (state.name === "connected") running.connect();
        }
      };
      take(client.state, at);
      client.on("state", (state) => take(state));
      client.on("quality", (quality) => quality && running?.take(quality));
      client.on("error", ({ code, message, stack }) => page.fail(code.startsWith("media") ? "media" : "sdk", { name: code, message, stack }));
    },

    watchPeerConnection(at, connection) {
      if (watched.has(connection) || watched.size >= CONNECTIONS_MAX) return;
      const running = (last = follow(page, at));
      let before = countsOf(new Map());
      const look = async () => {
        if (connection.connectionState === "connected") {
          running.connect();
          const counts = countsOf((await connection.getStats()) as ReadonlyMap<string, Entry>);
          // At first nothing has come yet.
          if (counts.packets) running.take(between(before, counts), { is_relayed: counts.isRelayed });
          before = counts;
        }
        end();
      };
      const end = () => {
        const state = connection.connectionState;
        if (!/failed|closed/.test(state) || !watched.delete(connection)) return;
        clearInterval(timer);
        running.end(state);
      };
      const timer = setInterval(look, READ_MS);
      watched.set(connection, end);
      connection.addEventListener("connectionstatechange", look);
      void look();
    },

    /** What the app says of its last call counts more than what its connection showed. */
    call(at, outcome, cause) {
      const { call, end } = last ?? follow(page, at);
      Object.assign(call, { outcome, cause });
      end("");
      last = undefined;
    },

    endClosed: () => watched.forEach((end) => end()),
  };
}
