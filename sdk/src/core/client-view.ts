/**
 * The client's next part: what a person sees of the call besides its state.
 */
import { MediaClient } from "./client-media.js";
import type { MediaState } from "./flow.js";
import type { ChatLine, PeerState } from "./options.js";
import type { CallQuality } from "./quality.js";

/** More than anybody scrolls back through. */
const CHAT_LINES_MAX = 200;
const UNKNOWN: PeerState = { isHere: true, picture: null, sound: null };

export abstract class ViewClient<Stream> extends MediaClient<Stream> {
  #media: MediaState = "flowing";
  #peer: PeerState = UNKNOWN;
  #quality: CallQuality | null = null;
  #chat: readonly ChatLine[] = [];

  /** Whether the other side's picture and sound come, once they have. */
  get mediaState(): MediaState {
    return this.#media;
  }
  /** The other person of this call, or of the last one. */
  get peer(): PeerState {
    return this.#peer;
  }
  /** How the call is going; `null` before its first second, and after it. */
  get quality(): CallQuality | null {
    return this.#quality;
  }
  /** The lines of this call, or of the last one, oldest first: the last 200. */
  get chat(): readonly ChatLine[] {
    return this.#chat;
  }

  /** Another call: nothing is known of it yet. */
  protected beginView(): void {
    this.#media = "flowing";
    this.#peer = UNKNOWN;
    this.#chat = [];
  }

  protected setMedia(media: MediaState): void {
    this.#media = media;
    this.emit("media", media);
  }

  protected setPeer(news: Partial<PeerState>): void {
    this.#peer = { ...this.#peer, ...news };
    this.emit("peer", this.#peer);
  }

  protected setQuality(quality: CallQuality | null): void {
    this.#quality = quality;
    this.emit("quality", quality);
  }

  protected addLine(from: ChatLine["from"], text: string): void {
    const line = { from, text, at: this.env.now() };
    this.#chat = [...this.#chat.slice(1 - CHAT_LINES_MAX), line];
    this.emit("chat", line);
  }
}
