/**
 * The server's half of a session's numbered frames: kept until they are acknowledged, sent again on another socket.
 *
 * A model of `crates/callbox-core/src/session.rs`, without the bound of a slow reader and without `skipped`. Bound: the
 * bytes that it is made with; past them the oldest are evicted, and the session cannot be recovered.
 */
import { ACK_BYTES, ACK_FRAMES } from "../../../src/generated/protocol.js";
import type { Numbers, ServerFrame } from "../../../src/generated/protocol.js";

export class KeptFrames {
  #kept: { readonly text: string; readonly size: number }[] = [];
  #bytes = 0;
  #first = 1;
  #received = 0;
  #told = 0;
  #unackedBytes = 0;

  constructor(readonly bytesMax: number) {}

  /** The last frame of the client. */
  get received(): number {
    return this.#received;
  }
  get isUntouched(): boolean {
    return this.#received === 0 && this.#first === 1;
  }
  get isAckDue(): boolean {
    return this.#received - this.#told >= ACK_FRAMES || this.#unackedBytes >= ACK_BYTES;
  }

  /** Numbers and keeps a frame; `size` is what it would have in earnest. */
  keep(frame: ServerFrame, size: number): string {
    const seq = this.#first + this.#kept.length;
    const text = JSON.stringify({ ...frame, seq, ...this.#ack() });
    this.#kept.push({ text, size });
    this.#bytes += size;
    while (this.#bytes > this.bytesMax) this.#letGo();
    return text;
  }

  uncounted(frame: ServerFrame): string {
    return JSON.stringify({ ...frame, ...this.#ack() });
  }

  /** The numbers of a frame of the client; `gap` if one before it is missing. */
  hear({ seq, ack }: Numbers, size: number): "new" | "seen" | "gap" {
    if (ack !== undefined && ack >= this.#first + this.#kept.length) throw new Error(`a client acknowledged frame ${ack}, which was never sent`);
    while (ack !== undefined && this.#first <= ack && this.#kept.length > 0) this.#letGo();
    if (seq === undefined) return "new";
    if (seq <= this.#received) return "seen";
    if (seq !== this.#received + 1) return "gap";
    this.#received = seq;
    this.#unackedBytes += size;
    return "new";
  }

  /** The client has all up to `ack`: what it lacks, or `null` if that is gone. */
  resume(ack: number): string[] | null {
    if (ack + 1 < this.#first || ack >= this.#first + this.#kept.length) return null;
    while (this.#first <= ack) this.#letGo();
    this.#told = this.#received;
    this.#unackedBytes = 0;
    return this.all();
  }

  all(): string[] {
    return this.#kept.map(({ text }) => text);
  }

  #letGo(): void {
    this.#bytes -= this.#kept.shift()?.size ?? 0;
    this.#first++;
  }

  #ack(): { ack?: number } {
    const isNews = this.#received > this.#told;
    this.#told = this.#received;
    this.#unackedBytes = 0;
    return isNews ? { ack: this.#received } : {};
  }
}
