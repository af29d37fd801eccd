/**
 * Keeps a call's media alive: notices that nothing comes any more, and searches for a new path.
 *
 * Browsers take seven seconds to say that a path is gone. Sound comes fifty times a second, so its silence for 800 ms
 * says it sooner. Then paths are searched for anew, at once and every 2.5 s; after 30 s without any it is given up.
 * Whoever sends nothing at all, with no camera and no microphone, is not missed.
 */
import type { Environment, Flow } from "./environment.js";

export interface RecoveryHandlers {
  /** What has come so far; `null` where nothing ever did. */
  flow(): Promise<Flow | null>;
  isPolite(): boolean;
  /** Nothing comes any more. */
  onInterrupted(): void;
  /** It comes again. */
  onFlowing(): void;
  /** Search for a path anew. */
  restart(): void;
  onGivenUp(): void;
}

const LOOK_MS = 200;
const SILENT_MS = 800;
/** A still picture alone may come this seldom. */
const SILENT_PICTURE_MS = 2_500;
const AGAIN_MS = 2_500;
/**
 * The polite side lets the other search first. Of two offers that cross, its own is rolled back, and after that Chromium
 * decodes the other's pictures and shows none.
 */
const POLITE_MS = 1_000;
const GIVE_UP_MS = 30_000;

export class Recovery {
  readonly #env: Pick<Environment<never>, "after" | "now">;
  readonly #handlers: RecoveryHandlers;
  #stop: () => void = () => undefined;
  #isOver = false;
  #bytes = 0;
  #heardAt = 0;
  #isInterrupted = false;
  #restartAt = 0;

  constructor(env: Pick<Environment<never>, "after" | "now">, handlers: RecoveryHandlers) {
    this.#env = env;
    this.#handlers = handlers;
  }

  /** The other side searches already. */
  handleOffer(): void {
    this.#restartAt = this.#env.now() + AGAIN_MS;
  }

  start(): void {
    if (!this.#isOver) this.#stop = this.#env.after(LOOK_MS, () => void this.#look());
  }

  stop(): void {
    this.#isOver = true;
    this.#stop();
  }

  /** Another network: the path is gone before its silence tells. */
  handleNetwork(): void {
    if (this.#bytes === 0 || this.#isOver) return;
    this.#interrupt(0);
    this.#restart();
  }

  async #look(): Promise<void> {
    const flow = await this.#handlers.flow().catch(() => null);
    if (this.#isOver) return;
    if (flow !== null) this.#judge(flow);
    this.start();
  }

  #judge({ bytes, hasSound, hasPath }: Flow): void {
    const now = this.#env.now();
    if (bytes > this.#bytes) {
      this.#bytes = bytes;
      this.#heardAt = now;
      if (this.#isInterrupted) this.#handlers.onFlowing();
      this.#isInterrupted = false;
      return;
    }
    const silent = now - this.#heardAt;
    if (silent < (hasSound ? SILENT_MS : SILENT_PICTURE_MS)) return;
    if (silent >= GIVE_UP_MS) {
      // With a path, the other side is merely quiet: its system may have taken the microphone.
      if (!hasPath) this.#giveUp();
    } else {
      this.#interrupt(this.#handlers.isPolite() ? POLITE_MS : 0);
      if (now >= this.#restartAt) this.#restart();
    }
  }

  #interrupt(waitMs: number): void {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#restartAt = this.#env.now() + waitMs;
    this.#handlers.onInterrupted();
  }

  #restart(): void {
    this.#restartAt = this.#env.now() + AGAIN_MS;
    this.#handlers.restart();
  }

  #giveUp(): void {
    this.stop();
    this.#handlers.onGivenUp();
  }
}
