/**
 * Our login at the server: with a token of its own, or with the page's HttpOnly cookie; and how the server is asked.
 *
 * The server decides which of the two. A token is kept for this tab alone and is never in a URL. A
 * tab that was duplicated has a copy of the other's token: it notices and becomes a guest of its own. A browser keeps one
 * name for itself, by which a ban of it is obeyed.
 */
import type { AgeClass, Problem, SignedIn, User } from "../generated/protocol.js";
import type { Answer, Environment } from "./environment.js";
import { CallboxError } from "./errors.js";
import { toJson } from "./well-formed.js";

/** A page that is loaded anew waits so long for the browser to put the one before away. */
export const RELOAD_MS = 1_000;

export type LoginEnvironment = Pick<Environment<never>, "fetch" | "tabStore" | "originStore" | "claim" | "pageOrigin" | "random">;

export class Login {
  readonly #env: LoginEnvironment;
  readonly #origin: string;
  #token: string | null = null;
  /** Gets the answer to each request that may have changed something: for a cache of what was read. */
  onWrite: ((answer: Answer) => void) | null = null;
  #restoring: Promise<User | null> | null = null;
  #signingIn: Promise<User> | null = null;

  constructor(env: LoginEnvironment, origin: string) {
    this.#env = env;
    this.#origin = origin;
  }

  /** For the hello; `null` if a cookie speaks for us. */
  get token(): string | null {
    return this.#token;
  }

  /** Comes back as who we were in this tab or origin, or becomes a new guest. */
  signIn(age: AgeClass | undefined): Promise<User> {
    // Two at once must not make two guests.
    this.#signingIn ??= this.#enter(age).finally(() => {
      this.#signingIn = null;
    });
    return this.#signingIn;
  }

  /** Restores who we were; `null` if that was nobody, or nobody whom the server still knows. Asks once. */
  restore(): Promise<User | null> {
    this.#restoring ??= this.#return().catch((error: unknown) => {
      this.#restoring = null;
      throw error;
    });
    return this.#restoring;
  }

  /** Takes the user that the server says we are from now on. */
  async take({ user, token }: SignedIn): Promise<User> {
    this.#restoring = Promise.resolve(user);
    // Without a token it is a cookie that speaks for us, unless we have a token already and only proved something.
    if (token === null) {
      if (this.#token === null) this.#env.originStore.set(this.#key("cookie"), "1");
      return user;
    }
    this.#token = token;
    this.#env.tabStore.set(this.#key("token"), token);
    await this.#claim(token);
    return user;
  }

  /** Whether the server still knows us is to be asked again. */
  doubt(): void {
    this.#restoring = null;
  }

  /** Is nobody from now on. */
  forget(): void {
    this.#token = null;
    this.doubt();
    this.#env.tabStore.remove(this.#key("token"));
    this.#env.originStore.remove(this.#key("cookie"));
  }

  /** This browser's own name; the server keeps a hash of it, for bans. */
  get device(): string {
    const store = this.#env.originStore;
    const known = store.get(this.#key("device"));
    if (known !== null) return known;
    const made = `${this.#env.random()}${this.#env.random()}`;
    store.set(this.#key("device"), made);
    return made;
  }

  async #enter(age: AgeClass | undefined): Promise<User> {
    return (await this.restore()) ?? (await this.take(await this.ask("POST", "guests", { device: this.device, age })));
  }

  async #return(): Promise<User | null> {
    const token = this.#env.tabStore.get(this.#key("token"));
    const hasCookie = this.#env.originStore.get(this.#key("cookie")) !== null;
    if (token === null ? !hasCookie : !(await this.#claim(token, RELOAD_MS))) {
      this.#env.tabStore.remove(this.#key("token"));
      return null;
    }
    this.#token = token;
    try {
      return await this.ask<User>("GET", "me");
    } catch (error) {
      if (!(error instanceof CallboxError && error.code === "unauthenticated")) throw error;
      this.forget();
      return null;
    }
  }

  #key(name: string): string {
    return `callbox.${name}:${this.#origin}`;
  }

  /** A lock's name may be seen by other pages of the origin: only the token's tail goes into it. */
  #claim(token: string, patienceMs = 0): Promise<boolean> {
    return this.#env.claim(`callbox.tab:${token.slice(-8)}`, patienceMs);
  }

  /** Asks the server as who we are, below `/v1`; rejects with a `CallboxError`. */
  async ask<Result>(method: string, path: string, body?: unknown): Promise<Result> {
    return this.content(await this.request(method, path, body));
  }

  /** The answer as it comes, with headers of the caller's; rejects only if none comes. */
  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    if (body !== undefined) headers["content-type"] = "application/json";
    if (this.#token !== null) headers["authorization"] = `Bearer ${this.#token}`;
    let answer: Answer;
    try {
      answer = await this.#env.fetch(`${this.#origin}/v1/${path}`, {
        method,
        headers,
        credentials: this.#env.pageOrigin === this.#origin ? "same-origin" : "omit",
        ...(body === undefined ? {} : { body: toJson(body) }),
      });
    } catch (cause) {
      throw new CallboxError("network", "The server could not be reached.", { cause });
    }
    if (method !== "GET") this.onWrite?.(answer);
    return answer;
  }

  /** What an answer says; rejects with a `CallboxError` if that is a refusal. */
  async content<Result>(answer: Answer): Promise<Result> {
    if (answer.status === 204 || answer.status === 202) return null as Result;
    let content: unknown;
    try {
      content = await answer.json();
    } catch (cause) {
      // A proxy's error page, say.
      throw new CallboxError("network", `The server answered ${answer.status} without words.`, { status: answer.status, cause });
    }
    if (!answer.ok) throw CallboxError.fromProblem(content as Problem);
    return content as Result;
  }
}
