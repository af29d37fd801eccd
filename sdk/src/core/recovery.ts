/**
 * Keeps a call's media alive: notices that nothing comes any more, and searches for a new path.
 *
 * Browsers take seven seconds to say that a path is gone. Sound comes many times a second, so its silence for 800 ms
 * says it sooner. Then paths are searched for anew, at once and every 2.5 s; each 8 s with a new peer connection, since
 * the old one may be what is broken; after 30 s without any it is given up. Whoever sends nothing at all, with no camera
 * and no microphone, is not missed.
 */
import type { Environment, Flow } from "./environment.js";

export interface RecoveryHandlers {
  /** What has come so far; `null` where nothing ever did. */
  flow(): Promise<Flow | null>;
  isPolite(): boolean;
  /** Whether what is sent now arrives; otherwise it waits. */
  isOnline(): boolean;
  /** Nothing comes any more. */
  onInterrupted(): void;
  /** It comes again. */
  onFlowing(): void;
  /** Search for a path anew; `isNew` by a new peer connection. */
  restart(isNew: boolean): void;
  onGivenUp(): void;
}

const LOOK_MS = 200;
const SILENT_MS = 800;
/** Whoever is silent sends a packet of sound each 400 ms; a still picture alone comes more seldom. */
const SILENT_SELDOM_MS = 2_500;
/** What came at each of so many looks comes all the time. */
const STEADY_LOOKS = 5;
const AGAIN_MS = 2_500;
const NEW_PEER_MS = 8_000;
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
  /** Looks in a row that found something new. */
  #steady = 0;
  #wasSteady = false;
  #isInterrupted = false;
  #restarts = 0;
  #restartAt = 0;
  /** When the peer connection in use was last known to work, or was made. */
  #peerAt = 0;

  constructor(env: Pick<Environment<never>, "after" | "now">, handlers: RecoveryHandlers) {
    this.#env = env;
    this.#handlers = handlers;
  }

  /** The other side searches already. */
  handleOffer(): void {
    this.#restartAt = this.#env.now() + AGAIN_MS;
  }

  /** A new peer connection counts from zero. */
  handleNewPeer(): void {
    this.#bytes = 0;
    this.#peerAt = this.#env.now();
    this.#restartAt = this.#peerAt + AGAIN_MS;
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
    if (this.#heardAt === 0 || this.#isOver) return;
    this.#interrupt(0);
    this.#restart(true);
  }

  async #look(): Promise<void> {
    const flow = await this.#handlers.flow().catch(() => null);
    if (this.#isOver) return;
    if (flow !== null || this.#isInterrupted) this.#judge(flow ?? { bytes: 0, hasPath: false });
    this.start();
  }

  #judge({ bytes, hasPath }: Flow): void {
    const now = this.#env.now();
    if (bytes > this.#bytes) {
      this.#bytes = bytes;
      this.#heardAt = this.#peerAt = now;
      this.#wasSteady = ++this.#steady >= STEADY_LOOKS;
      if (this.#isInterrupted) this.#handlers.onFlowing();
      this.#isInterrupted = false;
      return;
    }
    this.#steady = 0;
    const silent = now - this.#heardAt;
    if (silent < (this.#wasSteady ? SILENT_MS : SILENT_SELDOM_MS)) return;
    if (silent >= GIVE_UP_MS) {
      // With a path, the other side is merely quiet: its system may have taken the microphone.
      if (!hasPath) this.#giveUp();
    } else {
      this.#interrupt(this.#handlers.isPolite() ? POLITE_MS : 0);
      // The first may wait for the socket; more of them would only fill the queue.
      if (now >= this.#restartAt && (this.#restarts === 0 || this.#handlers.isOnline())) this.#restart(hasPath);
    }
  }

  #interrupt(waitMs: number): void {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#restarts = 0;
    // The other side may have noticed before us.
    this.#restartAt = Math.max(this.#restartAt, this.#env.now() + waitMs);
    this.#handlers.onInterrupted();
  }

  #restart(hasPath: boolean): void {
    const now = this.#env.now();
    this.#restartAt = now + AGAIN_MS;
    this.#restarts++;
    // With a path somebody is merely quiet, and a new peer connection would help nobody.
    this.#handlers.restart(!hasPath && now - this.#peerAt >= NEW_PEER_MS);
  }

  #giveUp(): void {
    this.stop();
    this.#handlers.onGivenUp();
  }
}
