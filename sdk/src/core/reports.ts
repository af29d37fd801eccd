/**
 * The reports on one call for the server's record: its steps, its quality, and what its media connection had come to.
 */
import type { ClientFrame, Path, Quality } from "../generated/protocol.js";
import type { Peer } from "./environment.js";
import { evidenceOf } from "./evidence.js";

/** Makes a frame of this call, if there is something to say, and sends it. */
type Send = (frame: (call: string) => ClientFrame | null) => void;

export class Reports {
  readonly #send: Send;
  /** The path and how long DTLS took, once it is connected. */
  #connected: [Path | null, number | null] | null = null;
  #hasFrame = false;

  constructor(send: Send) {
    this.#send = send;
  }

  connected(path: Path | null, dtlsMs: number | null): void {
    this.#connected = [path, dtlsMs];
    this.#send((call) => ({ type: "progress", call, stage: "connected", ...(path ? { path } : {}), ...(dtlsMs === null ? {} : { dtls_ms: Math.round(dtlsMs) }) }));
  }

  firstFrame(): void {
    this.#hasFrame = true;
    this.#send((call) => ({ type: "progress", call, stage: "first_frame" }));
  }

  /** A server that forgot the call knows nothing of its steps. */
  again(): void {
    if (this.#connected) this.connected(...this.#connected);
    if (this.#hasFrame) this.firstFrame();
  }

  /** How the call was so far; the last report counts. */
  quality(summary: (call: string) => Quality | null): void {
    this.#send((call) => {
      const quality = summary(call);
      return quality && { type: "quality", ...quality };
    });
  }

  end(peer: Pick<Peer, "traces">): void {
    this.#send((call) => ({ type: "evidence", ...evidenceOf(call, peer) }));
  }
}
