/**
 * The frames of one session, both ways: numbered, kept until they are acknowledged, sent again on another socket.
 *
 * It knows numbers and sizes, not what frames mean. Past 64 KB the oldest are evicted, and with them the hope to
 * recover. The rules are in docs/PROTOCOL.md.
 */
import { ACK_BYTES, ACK_FRAMES, KEPT_BYTES_MAX } from "../generated/protocol.js";
import type { ClientFrame, Numbers, ServerFrame } from "../generated/protocol.js";
import { toJson } from "./well-formed.js";

interface Kept {
  readonly seq: number;
  readonly frame: ClientFrame;
  readonly size: number;
}

/** The action for a frame of the server: take it, pass it over, or reconnect because one before it is missing. */
export type Received = "new" | "seen" | "gap";

export class Stream {
  #kept: Kept[] = [];
  #keptSize = 0;
  #sent = 0;
  #received = 0;
  /** The last value of `#received` that the server was sent. */
  #acked = 0;
  #unackedSize = 0;
  #isWhole = true;

  /** The last frame of the server, which has all before. */
  get received(): number {
    return this.#received;
  }

  /** Whether everything that the server may lack is still here. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Numbers and keeps a frame; the result is its text. */
  send(frame: ClientFrame): string {
    const seq = ++this.#sent;
    const text = this.#text(frame, seq);
    this.#kept.push({ seq, frame, size: text.length });
    this.#keptSize += text.length;
    while (this.#keptSize > KEPT_BYTES_MAX) {
      this.#isWhole = false;
      this.#drop();
    }
    return text;
  }

  /** The text of a frame that is not counted; it carries what we have. */
  uncounted(frame: ClientFrame): string {
    return this.#text(frame);
  }

  /** A frame of the server and its size. */
  hear(frame: ServerFrame & Numbers, size: number): Received {
    if (frame.ack !== undefined) this.#acknowledge(frame.ack);
    const { seq } = frame;
    if (seq === undefined) return "new";
    if (seq <= this.#received) return "seen";
    if (frame.type !== "skipped" && seq !== this.#received + 1) return "gap";
    this.#received = seq;
    this.#unackedSize += size;
    return "new";
  }

  /** Whether an acknowledgement is due, even by a frame of its own. */
  get isAckDue(): boolean {
    return this.#received - this.#acked >= ACK_FRAMES || this.#unackedSize >= ACK_BYTES;
  }

  /** The server has all up to `ack`: the texts of what it lacks, in order. */
  resume(ack: number): string[] {
    this.#acknowledge(ack);
    return this.#kept.map(({ frame, seq }) => this.#text(frame, seq));
  }

  /** Both sides count from 1 again; the result is what the server may never have seen. */
  reset(): ClientFrame[] {
    const lost = this.#kept.map(({ frame }) => frame);
    this.#kept = [];
    this.#keptSize = this.#sent = this.#received = this.#acked = this.#unackedSize = 0;
    this.#isWhole = true;
    return lost;
  }

  #acknowledge(ack: number): void {
    while (this.#kept[0] && this.#kept[0].seq <= ack) this.#drop();
  }

  #drop(): void {
    this.#keptSize -= this.#kept.shift()?.size ?? 0;
  }

  #text(frame: ClientFrame, seq?: number): string {
    const isNew = this.#received > this.#acked;
    this.#acked = this.#received;
    this.#unackedSize = 0;
    return toJson({ ...frame, ...(seq === undefined ? {} : { seq }), ...(isNew ? { ack: this.#received } : {}) });
  }
}
