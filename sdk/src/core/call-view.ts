/**
 * The parts of a call that a person sees besides its state: lines of text, the other person, and how it goes.
 *
 * It keeps what it receives, the last 200 lines at most, and decides nothing.
 */
import type { Environment } from "./environment.js";
import type { Emit } from "./events.js";
import type { MediaState } from "./flow.js";
import type { ChatLine, ClientEvents, PeerState } from "./options.js";
import type { CallQuality } from "./quality.js";

/** More than anybody scrolls back through. */
const CHAT_LINES_MAX = 200;
const UNKNOWN: PeerState = { isHere: true, picture: null, sound: null };

type ViewEmit<Stream> = Emit<ClientEvents<Stream>, "media" | "peer" | "quality" | "chat">;

export class CallView<Stream> {
  readonly #env: Pick<Environment<never>, "now">;
  readonly #emit: ViewEmit<Stream>;
  /** Whether the other side's picture and sound come, once they have. */
  media: MediaState = "flowing";
  /** The other person of this call, or of the last one. */
  peer: PeerState = UNKNOWN;
  /** How the call is going; `null` before its first second, and after it. */
  quality: CallQuality | null = null;
  /** The lines of this call, or of the last one, oldest first. */
  chat: readonly ChatLine[] = [];

  constructor(env: Pick<Environment<never>, "now">, emit: ViewEmit<Stream>) {
    this.#env = env;
    this.#emit = emit;
  }

  /** Another call: nothing is known of it yet. */
  begin(): void {
    this.media = "flowing";
    this.peer = UNKNOWN;
    this.chat = [];
  }

  setMedia(media: MediaState): void {
    this.media = media;
    this.#emit("media", media);
  }

  setPeer(change: Partial<PeerState>): void {
    this.peer = { ...this.peer, ...change };
    this.#emit("peer", this.peer);
  }

  setQuality(quality: CallQuality | null): void {
    this.quality = quality;
    this.#emit("quality", quality);
  }

  addLine(from: ChatLine["from"], text: string): void {
    const line = { from, text, at: this.#env.now() };
    this.chat = [...this.chat.slice(1 - CHAT_LINES_MAX), line];
    this.#emit("chat", line);
  }
}
