/**
 * A server whose answers have commits, and a browser's tabs: locks, channels and what is kept, all without waiting.
 */
import { Client } from "../src/core/client.js";
import type { Request } from "../src/core/environment.js";
import { CallboxData } from "../src/data/data.js";
import type { DataOptions } from "../src/data/data.js";
import type { DataEnvironment } from "../src/data/environment.js";
import type { KeptAnswer } from "../src/data/kept.js";
import type { ServerFrame } from "../src/generated/protocol.js";
import { settle, World } from "./world.js";
import type { Stream } from "./world.js";

interface Lock {
  readonly shared: boolean;
  readonly onHeld: () => void;
  isHeld: boolean;
}

/** What the tabs of an origin share. */
export class Origin {
  /** The time of all tabs. */
  now = 1_000_000;
  readonly kept = new Map<string, KeptAnswer>();
  readonly #locks = new Map<string, Lock[]>();
  readonly #channels = new Map<string, Set<(message: unknown) => void>>();
  #tabs = 0;

  environment(): DataEnvironment {
    const tab = ++this.#tabs;
    return {
      now: () => this.now,
      random: () => tab,
      lock: (name, shared, onHeld) => {
        const queue = this.#locks.get(name) ?? [];
        this.#locks.set(name, queue);
        const lock: Lock = { shared, onHeld, isHeld: false };
        queue.push(lock);
        queueMicrotask(() => this.#grant(queue));
        return () => {
          if (queue.includes(lock)) queue.splice(queue.indexOf(lock), 1);
          queueMicrotask(() => this.#grant(queue));
        };
      },
      channel: (name, onMessage) => {
        const listeners = this.#channels.get(name) ?? new Set();
        this.#channels.set(name, listeners.add(onMessage));
        return {
          post: (message) => {
            const copy = structuredClone(message);
            for (const listener of listeners) if (listener !== onMessage) queueMicrotask(() => listeners.has(listener) && listener(copy));
          },
          close: () => void listeners.delete(onMessage),
        };
      },
      answers: {
        read: async (user) => [...this.kept].filter(([key]) => key.startsWith(`${user} `)).map(([, answer]) => answer),
        write: (user, answer) => void this.kept.set(`${user} ${answer.path}`, structuredClone(answer)),
        remove: (user, path) => {
          for (const key of this.kept.keys()) if (path === undefined ? key.startsWith(`${user} `) : key === `${user} ${path}`) this.kept.delete(key);
        },
      },
    };
  }

  #grant(queue: Lock[]): void {
    for (const [place, lock] of queue.entries()) {
      const isFree = queue.slice(0, place).every((before) => before.shared && lock.shared);
      if (!isFree || lock.isHeld) continue;
      lock.isHeld = true;
      lock.onHeld();
    }
  }
}

/** The server's data, and the requests for them. */
export class Data {
  readonly bodies = new Map<string, unknown>();
  readonly asked: { path: string; etag: string | undefined; answer: () => void }[] = [];
  readonly sent: string[] = [];
  node = "a";
  n = 1;
  /** Answers wait for `arrive`. They are made when the request comes, as by a server that is quick and a network that is not. */
  isSlow = false;
  isReachable = true;
  hasCommits = true;

  set(path: string, body: unknown): void {
    this.bodies.set(path, body);
    this.n++;
  }

  get commit(): string {
    return `${this.node}.${this.n}`;
  }

  fetch = async (url: string, { method, headers, body }: Request) => {
    const { pathname, search } = new URL(url);
    const path = pathname + search;
    if (!this.isReachable) throw new TypeError("no network");
    this.sent.push(`${method} ${path}`);
    if (method === "PUT") this.set("/v1/me", { id: "me", profile: JSON.parse(body ?? "null") as unknown });
    const found = method === "PUT" ? JSON.parse(body ?? "null") : this.bodies.get(path);
    const etag = `"${JSON.stringify(found)}"`;
    const isKnown = method === "GET" && headers["if-none-match"] === etag;
    const status = found === undefined ? 404 : isKnown ? 304 : 200;
    const words: Record<string, string> = { etag, ...(this.hasCommits ? { "callbox-commit": this.commit } : {}) };
    const answer = {
      ok: status === 200,
      status,
      headers: { get: (name: string) => words[name] ?? null },
      json: async () => (status === 404 ? { code: "not_found", detail: "no", status, request_id: "1" } : structuredClone(found)),
    };
    if (method === "GET" && this.isSlow) await new Promise<void>((resolve) => this.asked.push({ path, etag: headers["if-none-match"], answer: resolve }));
    return answer;
  };

  /** Lets the oldest answer arrive. */
  async arrive(): Promise<void> {
    this.asked.shift()?.answer();
    await settle();
  }

  /** The requests since the last call. */
  take(): string[] {
    return this.sent.splice(0);
  }
}

export interface Tab {
  world: World;
  client: Client<Stream>;
  cache: CallboxData;
}

/** A tab of the user `me`, with a session unless told otherwise. */
export async function openTab(server: Data, origin: Origin, { hasSession = true, ...options }: DataOptions & { hasSession?: boolean } = {}): Promise<Tab> {
  const world = new World();
  const environment = world.environment();
  const client = new Client<Stream>({
    ...environment,
    fetch: (url, request) => (url.endsWith("/v1/guests") ? environment.fetch(url, request) : server.fetch(url, request)),
  });
  await client.signIn();
  if (hasSession) {
    await client.startMedia();
    const ready = client.prepare();
    await world.welcome();
    await ready;
  }
  world.take();
  const cache = new CallboxData(client as unknown as Client<never>, origin.environment(), options);
  await settle();
  return { world, client, cache };
}

/** A component that shows a path: what it showed, each time. */
export function show(cache: CallboxData, path: string) {
  const shown: unknown[] = [];
  const observer = cache.observe(path);
  const look = ({ data }: { data: unknown }) => {
    if (data !== undefined && JSON.stringify(data) !== JSON.stringify(shown.at(-1))) shown.push(data);
  };
  const stop = observer.subscribe(look);
  look(observer.getCurrentResult());
  return { shown, observer, stop };
}

/** The ids that a tab watches, by path, of the frames that it sent. */
export function watched(world: World): Map<string, number> {
  const ids = new Map<string, number>();
  for (const frame of world.sent) if (frame.type === "watch") for (const { id, path } of frame.add ?? []) ids.set(path, id);
  return ids;
}

/** The server tells of a change. */
export const tell = (world: World, server: Data, path: string) => world.say({ type: "stale", ids: [watched(world).get(path)!], commit: server.commit } as ServerFrame);

export const ME = "/v1/me";
export const CALLS = "/v1/me/calls?limit=50";

/** A server that has an answer for both. */
export function served(): Data {
  const server = new Data();
  server.bodies.set(ME, { id: "me", name: "one" });
  server.bodies.set(CALLS, { items: [], next: null });
  return server;
}
