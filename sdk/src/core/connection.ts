/**
 * One peer connection of a call, and the addresses that it has found: sent in batches, with the number of the offer or answer that
 * they belong to. Addresses that a description has are not sent beside it.
 */
import type { Environment, Peer, SessionDescription } from "./environment.js";
import type { Path } from "../generated/protocol.js";
import type { CallSetup } from "./call-setup.js";
import type { Numbered } from "./offers.js";

/** Own addresses come within some milliseconds of the first and those from STUN a round trip later; one frame then
 * carries them all. */
const BATCH_MS = 50;
/** An answering side has no address from STUN yet, and the other side waits for it; so does a person before a frozen picture. */
const BATCH_SOON_MS = 10;

/** More than a side may send. */
const BATCH_MAX = 64;

export interface ConnectionHandlers<Stream> {
  /** There are addresses to be taken and sent, behind the description that they belong to. */
  onCandidates(): void;
  onStream(stream: Stream): void;
  onConnected(path: Path | null, dtlsMs: number | null): void;
  onFirstFrame(): void;
  onFailed(): void;
}

export class Connection<Stream> {
  readonly number: number;
  readonly peer: Peer;
  stream: Stream | null = null;
  hasFrame = false;
  isClosed = false;
  /** The number of the offer that the local description is, or answers. */
  #offer = 0;
  #batch: unknown[] = [];
  #isTelling = false;
  #isAnswer = false;

  constructor(env: Pick<Environment<Stream>, "after" | "makePeer">, number: number, setup: CallSetup<Stream>, handlers: ConnectionHandlers<Stream>) {
    this.number = number;
    const { paths, local, startKbps, media } = setup;
    const unlessClosed = (tell: () => void) => () => {
      if (!this.isClosed) tell();
    };
    this.peer = env.makePeer(
      paths,
      local,
      { startKbps, dtx: media.dtx ?? true },
      {
        onCandidate: (candidate) => {
          if (this.isClosed || this.#offer === 0) return;
          this.#batch.push({ ...(candidate as object), offer: this.#offer, ...this.#named() });
          if (this.#batch.length > BATCH_MAX) this.#batch.shift();
          if (this.#isTelling) return;
          this.#isTelling = true;
          env.after(number === 0 && !this.#isAnswer ? BATCH_MS : BATCH_SOON_MS, () => {
            this.#isTelling = false;
            unlessClosed(() => handlers.onCandidates())();
          });
        },
        onStream: (stream) => {
          this.stream = stream;
          unlessClosed(() => handlers.onStream(stream))();
        },
        onConnected: (path, dtlsMs) => {
          unlessClosed(() => handlers.onConnected(path, dtlsMs))();
        },
        onFirstFrame: () => {
          this.hasFrame = true;
          unlessClosed(() => handlers.onFirstFrame())();
        },
        onFailed: unlessClosed(() => handlers.onFailed()),
      },
    );
  }

  /** Makes an offer, which others' clients may read too: the members of ours are beside the browser's. */
  async offer(offer: number, restart: boolean): Promise<Numbered> {
    this.#begin(offer);
    return this.#numbered(await this.peer.createOffer(restart));
  }

  async answer(offer: number, description: SessionDescription): Promise<Numbered> {
    this.#begin(offer);
    this.#isAnswer = true;
    return this.#numbered(await this.peer.acceptOffer(description));
  }

  /** The description as it is now, with the addresses that wait to be sent. */
  current(): Numbered | null {
    const description = this.peer.description();
    return description && this.#numbered(description);
  }

  /** The addresses that wait to be sent. */
  take(): unknown[] {
    return this.#batch.splice(0);
  }

  /** Adds the other side's addresses; one that is refused is one path of many. */
  async add(candidates: readonly unknown[], onRefused: (error: unknown) => void): Promise<void> {
    for (const candidate of candidates) await this.peer.addCandidate(candidate).catch(onRefused);
  }

  close(): void {
    this.isClosed = true;
    this.peer.close();
  }

  #begin(offer: number): void {
    this.#offer = offer;
    this.#batch = [];
  }

  #numbered(description: SessionDescription): Numbered {
    return { ...description, offer: this.#offer, ...this.#named() };
  }

  /** The first connection needs no number. */
  #named(): { connection?: number } {
    return this.number === 0 ? {} : { connection: this.number };
  }
}
