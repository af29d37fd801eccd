/**
 * A bounded memory by name: the last 1,000 things. An older one counts as never kept.
 */
const ENTRIES_MAX = 1_000;

export class Memory<Value> {
  readonly #values = new Map<string, Value>();

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > ENTRIES_MAX && oldest !== undefined) this.#values.delete(oldest);
  }
}
