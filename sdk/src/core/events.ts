/**
 * A typed emitter: the listeners of each event, and nothing else.
 *
 * A listener that throws does not keep the others from their event; its error is reported to the owner of the
 * emitter.
 */
export type Listener<Args extends unknown[]> = (...args: Args) => void;

/** Emits some of the events: for a part of the emitter's owner. */
export type Emit<Events extends { [name: string]: unknown[] }, Names extends keyof Events> = <Name extends Names>(name: Name, ...args: Events[Name]) => void;

export class Emitter<Events extends { [name: string]: unknown[] }> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Listens until the returned function is called. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as Listener<never>));
    return () => void listeners.delete(listener as Listener<never>);
  }

  protected emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    // A copy: a listener that starts or stops meanwhile changes the next event, not this one.
    for (const listener of Array.from(this.#listeners.get(name) ?? [])) {
      try {
        (listener as Listener<Events[Name]>)(...args);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
