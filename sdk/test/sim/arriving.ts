/**
 * The media that arrive at a peer connection: bytes, frames decoded and presented, samples of sound.
 *
 * Rates hold from one change of the world to the next; counts are worked out when somebody asks, so that a second of
 * picture costs nothing. Nothing here knows why a rate is what it is.
 */
export interface Rates {
  /** Packets of all kinds, a second. */
  readonly packets: number;
  readonly frames: number;
  readonly samples: number;
}

export const NOTHING: Rates = { packets: 0, frames: 0, samples: 0 };
const PACKET_BYTES = 100;

export class Arriving {
  #packets = 0;
  #frames = 0;
  #presented = 0;
  #samples = 0;
  #rates = NOTHING;
  #isShown = false;
  #at = 0;
  /** After a gap the decoder waits for a key frame. */
  #framesFrom = 0;
  /** Since when pictures have been presented; `null` while they are not. */
  presentingSince: number | null = null;
  hasMedia = false;

  get rates(): Rates {
    return this.#rates;
  }

  /** Sets the rates from now on, and whether pictures get onto the screen. */
  set(rates: Rates, isShown: boolean, keyFrameMs: number, now: number): void {
    this.count(now);
    if (this.#rates.frames === 0 && rates.frames > 0) this.#framesFrom = now + keyFrameMs;
    this.#rates = rates;
    this.#isShown = isShown;
    if (rates.frames === 0 || !isShown) this.presentingSince = null;
    else this.presentingSince ??= Math.max(now, this.#framesFrom);
  }

  /** Packets that were under way when their path ended. */
  addLate(packets: number): void {
    this.#packets += packets;
  }

  count(now: number): { bytes: number; packets: number; decoded: number; presented: number; samples: number } {
    const seconds = (now - this.#at) / 1_000;
    const pictureSeconds = Math.max(0, now - Math.max(this.#at, this.#framesFrom)) / 1_000;
    this.#at = now;
    this.#packets += this.#rates.packets * seconds;
    this.#samples += this.#rates.samples * seconds;
    this.#frames += this.#rates.frames * pictureSeconds;
    if (this.#isShown) this.#presented += this.#rates.frames * pictureSeconds;
    const packets = Math.floor(this.#packets);
    return { bytes: packets * PACKET_BYTES, packets, decoded: Math.floor(this.#frames), presented: Math.floor(this.#presented), samples: Math.floor(this.#samples) };
  }
}
