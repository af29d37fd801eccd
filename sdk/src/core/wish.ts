/**
 * The person's wish for a match: it is asked of the server, and asked again if the server forgot it or had no time.
 */
import type { CallKind, ClientFrame, RelayPolicy } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import type { SeekOptions } from "./options.js";

/** Something that was asked for; another is another, also if it asks the same. */
export interface Wish {
  readonly kind: CallKind;
  /** As it is to be asked now. */
  frame(): ClientFrame;
}

export class Wishes {
  /** The person's wish, `null` once they have left: frames that cross that decision do not undo it. */
  current: Wish | null = null;
  readonly #env: Pick<Environment<never>, "after">;
  readonly #send: (frame: ClientFrame) => void;
  #interests: string[] = [];
  /** Nothing before the person has said something. */
  #relay: { readonly relay?: RelayPolicy } = {};
  #stop: () => void = () => undefined;

  constructor(env: Pick<Environment<never>, "after">, send: (frame: ClientFrame) => void) {
    this.#env = env;
    this.#send = send;
  }

  /** A wish that is left out stays as it was. */
  prefer({ interests, relay }: SeekOptions): void {
    this.#interests = interests ?? this.#interests;
    if (relay !== undefined) this.#relay = { relay };
  }

  /** The preferences, as they are to be sent again. */
  get preferences() {
    return { interests: this.#interests, ...this.#relay };
  }

  stranger(): Wish {
    return { kind: "random", frame: () => ({ type: "seek", ...this.preferences }) };
  }

  friend(invite: string): Wish {
    return { kind: "invite", frame: () => ({ type: "join", invite, ...this.#relay }) };
  }

  /** Leaving a call for the next person, in one step. */
  next(call: string): ClientFrame {
    return { type: "next", call, ...this.preferences };
  }

  /** Asks for what is wanted now, if anything. */
  ask(): void {
    if (this.current !== null) this.#send(this.current.frame());
  }

  /** A stranger was asked for too often: asks again after so long. False if it is no stranger who is wanted. */
  retry(afterMs: number): boolean {
    if (this.current?.kind !== "random") return false;
    this.stopRetry();
    this.#stop = this.#env.after(afterMs, () => this.#send(this.stranger().frame()));
    return true;
  }

  /** Asks again no more by itself. */
  stopRetry(): void {
    this.#stop();
  }
}
