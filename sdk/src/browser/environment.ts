/**
 * The world as a browser has it. Small adapters only: nothing is decided here.
 */
import type { Environment, Store } from "../core/environment.js";
import { learnCodecs } from "./codecs.js";
import { devices, openMedia } from "./media.js";
import { makePeer } from "./peer.js";

export function browserEnvironment(): Environment<MediaStream> {
  /** Listeners for another network. */
  const watching = new Set<() => void>();
  return {
    now: clock(),
    random: () => Math.random(),
    onOnline(callback) {
      const back = () => callback(true);
      const changed = () => callback(false);
      // Not in every browser; if it is there, it reports another network before the old one's sockets are lost.
      const { connection } = navigator as { connection?: EventTarget };
      addEventListener("online", back);
      connection?.addEventListener("change", changed);
      watching.add(changed);
      return () => {
        removeEventListener("online", back);
        connection?.removeEventListener("change", changed);
        watching.delete(changed);
      };
    },
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    fetch: (url, request) => fetch(url, request),
    openSocket(url, protocol, handlers) {
      const socket = new WebSocket(url, protocol);
      socket.onopen = () => handlers.onOpen();
      socket.onmessage = (event) => handlers.onMessage(event.data as string);
      socket.onclose = (event) => handlers.onClose(event.code);
      return {
        send: (text) => socket.send(text),
        close: (code, reason) => socket.close(code, reason),
      };
    },
    makePeer(paths, local, options, handlers) {
      // Firefox says nothing of another network, but of a path whose address is gone at once.
      return makePeer(paths, local, options, handlers, () => "connection" in navigator || watching.forEach((changed) => changed()));
    },
    openMedia(wishes, handlers) {
      learnCodecs();
      return openMedia(wishes as MediaStreamConstraints | undefined, handlers);
    },
    devices,
    onDevices(callback) {
      navigator.mediaDevices?.addEventListener("devicechange", callback);
      return () => navigator.mediaDevices?.removeEventListener("devicechange", callback);
    },
    // Not in every browser either.
    savesData: (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true,
    tabStore: store(() => sessionStorage),
    originStore: store(() => localStorage),
    claim,
    warn: (message, error) => console.warn(`callbox: ${message}`, error),
    pageOrigin: location.origin === "null" ? null : location.origin,
  };
}

/** The time of day that never goes back, whatever is done to the machine's clock: patience is measured by it. */
function clock(): () => number {
  let [last, offset] = [0, 0];
  return () => {
    const time = Date.now();
    if (time + offset < last) offset = last - time;
    return (last = time + offset);
  };
}

/** A browser may forbid storage altogether; then nothing is kept, and each page load is a new guest. */
function store(storage: () => Storage): Store {
  const attempt = <T>(use: (storage: Storage) => T, otherwise: T): T => {
    try {
      return use(storage());
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => attempt((storage) => storage.getItem(key), null),
    set: (key, value) => attempt((storage) => storage.setItem(key, value), undefined),
    remove: (key) => attempt((storage) => storage.removeItem(key), undefined),
  };
}

/** The locks that this page holds: a second client, or a second attempt, must not take itself for another tab. */
const claimed = new Set<string>();

/** A Web Lock, held until the page goes away. Without locks every claim is granted. */
function claim(name: string, patienceMs = 0): Promise<boolean> {
  if (claimed.has(name) || !("locks" in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const options = patienceMs > 0 ? { signal: AbortSignal.timeout(patienceMs) } : { ifAvailable: true };
    const held = navigator.locks.request(name, options, (lock) => {
      if (lock !== null) claimed.add(name);
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<void>(() => undefined);
    });
    held.catch((error: Error) => resolve(error.name !== "TimeoutError" && error.name !== "AbortError"));
  });
}
