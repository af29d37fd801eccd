/**
 * What the data layer needs of a browser beside the client: a lock and a channel for the tabs of an origin, and a place that outlives the page.
 *
 * Each may be missing (an old browser, a private window): then each tab watches for itself, and nothing is kept.
 */
import { keepAnswers } from "./kept.js";
import type { AnswerStore } from "./kept.js";

export interface DataEnvironment {
  now(): number;
  random(): number;
  /** Asks for a name that one tab has at a time, or with `shared` waits until none has it; the result gives it back, or up. */
  lock(name: string, shared: boolean, onHeld: () => void): () => void;
  channel(name: string, onMessage: (message: unknown) => void): { post(message: unknown): void; close(): void };
  readonly answers: AnswerStore;
}

export function dataEnvironment(): DataEnvironment {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    lock(name, shared, onHeld) {
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const gaveUp = new AbortController();
      if (!("locks" in navigator)) {
        // Each tab for itself, and nobody to wait for.
        if (!shared) queueMicrotask(() => gaveUp.signal.aborted || onHeld());
        return () => gaveUp.abort();
      }
      const asked = navigator.locks.request(name, { mode: shared ? "shared" : "exclusive", signal: gaveUp.signal }, () => {
        onHeld();
        return held;
      });
      asked.catch(() => undefined);
      return () => {
        gaveUp.abort();
        release();
      };
    },
    channel(name, onMessage) {
      if (typeof BroadcastChannel === "undefined") return { post: () => undefined, close: () => undefined };
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => onMessage(data);
      return { post: (message) => channel.postMessage(message), close: () => channel.close() };
    },
    answers: keepAnswers(),
  };
}
