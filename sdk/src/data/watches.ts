/**
 * Which answers are pushed: one tab of an account leads, holds the session's watches, and tells the others what it hears.
 *
 * Only a tab whose client has a session can lead; none is opened here: a page that calls nobody asks for one by `observe`.
 * The others hear by a channel. While nobody leads, nothing is pushed, and values have their `ttl`. Bounds:
 * 128 paths of all tabs together; what is beyond is not pushed.
 */
import { WATCH_PATH_BYTES_MAX, WATCHES_MAX } from "../generated/protocol.js";
import type { Watch, WatchItem } from "../generated/protocol.js";
import type { WatchFrame } from "../core/options.js";
import { isAsLate } from "./commit.js";
import type { Commit } from "./commit.js";
import type { DataEnvironment } from "./environment.js";

/** How long one that was refused is not asked for again. */
const AGAIN_MS = 30_000;

/** What the tabs say to each other. */
type Message =
  | { is: "want"; from: string; path: string; commit: Commit | null }
  | { is: "drop"; from: string; path: string }
  /** Of the leader: who hears nothing of `refused`, and nothing at all unless `isOnline`. */
  | { is: "lead"; isOnline: boolean; refused: string[]; isNew: boolean }
  | { is: "stale"; paths: string[] | null; commit: Commit | null }
  | { is: "put"; path: string; etag: string; body: unknown; commit: Commit }
  /** The account was left. */
  | { is: "left" };

export interface WatchHandlers {
  /** `null`: all. */
  onStale(paths: readonly string[] | null, commit: Commit | null): void;
  onPut(path: string, etag: string, body: unknown, commit: Commit): void;
  onLeft(): void;
  /** Sends a frame on the own session. */
  send(watch: Watch): void;
}

/** One watch of the leader's session. */
interface Watched {
  readonly id: number;
  readonly tabs: Set<string>;
  /** The last that was told of it. */
  told: Commit | null;
}

export class Watches {
  readonly #env: Pick<DataEnvironment, "lock" | "channel" | "random" | "now">;
  readonly #name: string;
  readonly #handlers: WatchHandlers;
  readonly #tab: string;
  readonly #channel: ReturnType<DataEnvironment["channel"]>;
  /** The paths of this tab, and the commit of the answer that it has. */
  readonly #mine = new Map<string, Commit | null>();
  #leader: { isOnline: boolean; refused: Pick<ReadonlySet<string>, "has"> } | null = null;
  #leads = false;
  #isOnline = false;
  #release: (() => void) | null = null;
  #stopWaiting: () => void = () => undefined;
  /** The leader's. */
  readonly #watched = new Map<string, Watched>();
  /** When each was refused. */
  readonly #refused = new Map<string, number>();
  #ids = 0;
  #add: WatchItem[] = [];
  #drop: number[] = [];

  constructor(env: Pick<DataEnvironment, "lock" | "channel" | "random" | "now">, name: string, handlers: WatchHandlers) {
    this.#env = env;
    this.#name = name;
    this.#handlers = handlers;
    this.#tab = `${env.random()}`;
    this.#channel = env.channel(name, (message) => this.#heard(message as Message));
  }

  /** Whether this tab would hear of a change. */
  isLive(path: string): boolean {
    return this.#mine.has(path) && this.#leader !== null && this.#leader.isOnline && !this.#leader.refused.has(path);
  }

  /** Wants to hear of a path from the answer of this commit on. */
  want(path: string, commit: Commit | null): void {
    const isUnheard = !this.#mine.has(path) || this.#leader?.refused.has(path);
    this.#mine.set(path, commit);
    if (isUnheard) this.#ask(path, commit);
  }

  drop(path: string): void {
    if (!this.#mine.delete(path)) return;
    if (this.#leads) this.#dropFor(this.#tab, path);
    else this.#post({ is: "drop", from: this.#tab, path });
  }

  /** The own session: `true` there, `false` interrupted, `null` none. */
  setSession(isOnline: boolean | null): void {
    this.#isOnline = isOnline === true;
    if (isOnline === null) return this.#giveUp();
    this.#release ??= this.#env.lock(this.#name, false, () => this.#lead());
    if (this.#leads) this.#announce(false);
  }

  /** A frame of the own session. */
  handle(frame: WatchFrame): void {
    if (!this.#leads) return;
    switch (frame.type) {
      case "hello":
        if (!frame.recovered) this.#watchAll();
        return;
      case "stale": {
        const paths = frame.all ? null : (frame.ids ?? []).flatMap((id) => this.#pathOf(id) ?? []);
        for (const [path, watched] of this.#watched) if (paths === null || paths.includes(path)) watched.told = frame.commit;
        return this.#tell({ is: "stale", paths, commit: frame.commit });
      }
      case "put": {
        const path = this.#pathOf(frame.id);
        const watched = path === undefined ? undefined : this.#watched.get(path);
        if (path === undefined || watched === undefined) return;
        watched.told = frame.commit;
        return this.#tell({ is: "put", path, etag: frame.etag, body: frame.body, commit: frame.commit });
      }
      case "unwatched": {
        const path = this.#pathOf(frame.id);
        if (path === undefined) return;
        this.#refuse(path);
        // A right that was lost shows in the next answer, and what could not be read may have changed.
        return this.#tell({ is: "stale", paths: [path], commit: null });
      }
    }
  }

  /** The account was left: other tabs of it clear what they have. */
  left(): void {
    this.#post({ is: "left" });
  }

  close(): void {
    for (const path of this.#mine.keys()) this.drop(path);
    this.#flush();
    this.#giveUp();
    this.#stopWaiting();
    this.#channel.close();
  }

  #lead(): void {
    this.#leads = true;
    this.#stopWaiting();
    this.#watchAll();
    // Nobody knows what was missed since the leader before was heard last.
    this.#announce(true);
  }

  #giveUp(): void {
    this.#release?.();
    this.#release = null;
    if (!this.#leads) return;
    this.#leads = false;
    this.#leader = null;
    this.#watched.clear();
    this.#refused.clear();
    this.#add = [];
    this.#drop = [];
  }

  /** A session without watches: all are added, and all that is shown may have changed. */
  #watchAll(): void {
    for (const watched of this.#watched.values()) watched.tabs.delete(this.#tab);
    const others = [...this.#watched].filter(([, { tabs }]) => tabs.size > 0);
    this.#watched.clear();
    this.#refused.clear();
    this.#add = [];
    this.#drop = [];
    for (const [path, { tabs }] of others) for (const tab of tabs) this.#watch(tab, path, null);
    for (const path of this.#mine.keys()) this.#watch(this.#tab, path, null);
    this.#announce(false);
    this.#tell({ is: "stale", paths: null, commit: null });
  }

  #ask(path: string, commit: Commit | null): void {
    if (this.#leads) this.#watch(this.#tab, path, commit);
    else this.#post({ is: "want", from: this.#tab, path, commit });
  }

  #watch(tab: string, path: string, commit: Commit | null): void {
    const known = this.#watched.get(path);
    // An answer came after it was refused: what was in the way may be over.
    const isAgain = this.#env.now() - (this.#refused.get(path) ?? Infinity) >= AGAIN_MS;
    if (known && !isAgain) {
      known.tabs.add(tab);
      // Told before this tab asked: its answer may be from before that.
      if (known.told !== null && isAsLate(commit, known.told) !== true) this.#tell({ is: "stale", paths: [path], commit: known.told });
      return;
    }
    if (this.#watched.size >= WATCHES_MAX || path.length > WATCH_PATH_BYTES_MAX) {
      return this.#refuse(path);
    }
    const id = ++this.#ids;
    this.#refused.delete(path);
    this.#watched.set(path, { id, tabs: new Set([...(known?.tabs ?? []), tab]), told: null });
    if (isAgain) this.#announce(false);
    this.#add.push({ id, path, ...(commit === null ? {} : { commit }) });
    this.#later();
  }

  #refuse(path: string): void {
    this.#refused.set(path, this.#env.now());
    this.#announce(false);
  }

  #dropFor(tab: string, path: string): void {
    const watched = this.#watched.get(path);
    watched?.tabs.delete(tab);
    if (watched?.tabs.size !== 0) return;
    this.#watched.delete(path);
    this.#refused.delete(path);
    // One that was not sent yet needs no word.
    if (this.#add.some(({ id }) => id === watched.id)) this.#add = this.#add.filter(({ id }) => id !== watched.id);
    else this.#drop.push(watched.id);
    this.#later();
  }

  /** What a page wants at once goes in one frame. */
  #later(): void {
    if (this.#add.length + this.#drop.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const [add, drop] = [this.#add, this.#drop];
    if (add.length + drop.length === 0) return;
    this.#add = [];
    this.#drop = [];
    this.#handlers.send({ ...(add.length ? { add } : {}), ...(drop.length ? { drop } : {}) });
  }

  #pathOf(id: number): string | undefined {
    for (const [path, watched] of this.#watched) if (watched.id === id) return path;
    return undefined;
  }

  #announce(isNew: boolean): void {
    this.#leader = { isOnline: this.#isOnline, refused: this.#refused };
    this.#post({ is: "lead", isOnline: this.#isOnline, refused: [...this.#refused.keys()], isNew });
  }

  #post(message: Message): void {
    this.#channel.post(message);
  }

  #tell(message: Message): void {
    this.#post(message);
    this.#apply(message);
  }

  #apply(message: Message): void {
    if (message.is === "stale") this.#handlers.onStale(message.paths, message.commit);
    if (message.is === "put") this.#handlers.onPut(message.path, message.etag, message.body, message.commit);
    if (message.is === "left") this.#handlers.onLeft();
  }

  #heard(message: Message): void {
    if (message.is === "want" && this.#leads) {
      this.#watch(message.from, message.path, message.commit);
      this.#announce(false);
    } else if (message.is === "drop" && this.#leads) this.#dropFor(message.from, message.path);
    else if (message.is === "lead" && !this.#leads) this.#follow(message);
    else if (!this.#leads || message.is === "left") this.#apply(message);
  }

  #follow({ isOnline, refused, isNew }: Extract<Message, { is: "lead" }>): void {
    const hadLeader = this.#leader !== null;
    this.#leader = { isOnline, refused: new Set(refused) };
    if (!hadLeader || isNew) for (const [path, commit] of this.#mine) this.#post({ is: "want", from: this.#tab, path, commit: isNew ? null : commit });
    if (hadLeader) return;
    // Granted when nobody leads any more.
    this.#stopWaiting();
    const stop = this.#env.lock(this.#name, true, () => {
      stop();
      if (!this.#leads) this.#leader = null;
    });
    this.#stopWaiting = stop;
  }
}
