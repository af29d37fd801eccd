/**
 * Whom the person wants to meet, and how: what is asked of the server, and asked again where it forgot.
 */
import type { CallKind, ClientFrame, RelayPolicy } from "../generated/protocol.js";
import type { SeekOptions } from "./options.js";

/** Something that was asked for; another is another, also where it asks the same. */
export interface Wish {
  readonly kind: CallKind;
  /** As it is to be asked now. */
  frame(): ClientFrame;
}

export class Preferences {
  #interests: string[] = [];
  /** Nothing before the person has said something. */
  #relay: { readonly relay?: RelayPolicy } = {};

  /** What is left out stays as it was. */
  prefer({ interests, relay }: SeekOptions): void {
    this.#interests = interests ?? this.#interests;
    if (relay !== undefined) this.#relay = { relay };
  }

  stranger(): Wish {
    return { kind: "random", frame: () => ({ type: "seek", interests: this.#interests, ...this.#relay }) };
  }

  friend(invite: string): Wish {
    return { kind: "invite", frame: () => ({ type: "join", invite, ...this.#relay }) };
  }

  /** Leaving a call for the next person, in one step. */
  next(call: string): ClientFrame {
    return { type: "next", call, interests: this.#interests, ...this.#relay };
  }
}
