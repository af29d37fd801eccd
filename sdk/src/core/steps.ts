/**
 * Steps of a browser's negotiation, done one after another: each takes its time. None is done before the beginning.
 */
export class Steps {
  #queue: Promise<void>;
  #open: () => void = () => undefined;
  readonly #onFailed: (error: unknown) => void;

  constructor(onFailed: (error: unknown) => void) {
    this.#onFailed = onFailed;
    this.#queue = new Promise((resolve) => (this.#open = resolve));
  }

  /** The steps so far, and those to come, are done from now on. */
  begin(): void {
    this.#open();
  }

  add(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).catch((error: unknown) => this.#onFailed(error));
  }
}
