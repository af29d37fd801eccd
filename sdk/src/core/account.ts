/**
 * Who we are to the server: a guest with a token of its own, or with the page's HttpOnly cookie.
 *
 * Which of the two is the server's decision. A token is kept for this tab alone and never stands in a URL. A
 * tab that was duplicated has a copy of the other's token: it notices and becomes a guest of its own.
 */
import type { AgeClass, GuestCreated, Invite, Problem, User } from "../generated/protocol.js";
import type { Answer, Environment } from "./environment.js";
import { CallboxError } from "./errors.js";

export class Account {
  readonly #env: Environment<never>;
  readonly #origin: string;
  #token: string | null = null;
  #signingIn: Promise<User> | null = null;

  constructor(env: Pick<Environment<never>, "fetch" | "tabStore" | "originStore" | "claim" | "pageOrigin">, origin: string) {
    this.#env = env as Environment<never>;
    this.#origin = origin;
  }

  /** For the hello; `null` where a cookie speaks for us. */
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

  setAge(age: AgeClass): Promise<User> {
    return this.#ask<User>("PUT", "/v1/me/age", { age });
  }

  createInvite(): Promise<Invite> {
    return this.#ask<Invite>("POST", "/v1/invites", {});
  }

  /** Says something of a call. */
  tell(method: "POST" | "PUT", call: string, what: "block" | "report" | "rating", body: object): Promise<void> {
    return this.#ask<void>(method, `/v1/calls/${encodeURIComponent(call)}/${what}`, body);
  }

  async #enter(age: AgeClass | undefined): Promise<User> {
    return (await this.#return()) ?? (await this.#becomeGuest(age));
  }

  async #return(): Promise<User | null> {
    const token = this.#env.tabStore.get(this.#key("token"));
    const hasCookie = this.#env.originStore.get(this.#key("cookie")) !== null;
    if (token !== null && !(await this.#env.claim(this.#tabName(token)))) {
      this.#env.tabStore.remove(this.#key("token"));
      return null;
    }
    if (token === null && !hasCookie) return null;
    this.#token = token;
    try {
      return await this.#ask<User>("GET", "/v1/me");
    } catch (error) {
      if (!(error instanceof CallboxError && error.code === "unauthenticated")) throw error;
      this.#token = null;
      this.#env.tabStore.remove(this.#key("token"));
      this.#env.originStore.remove(this.#key("cookie"));
      return null;
    }
  }

  async #becomeGuest(age: AgeClass | undefined): Promise<User> {
    const { user, token } = await this.#ask<GuestCreated>("POST", "/v1/guests", age === undefined ? {} : { age });
    this.#token = token;
    if (token === null) {
      this.#env.originStore.set(this.#key("cookie"), "1");
    } else {
      this.#env.tabStore.set(this.#key("token"), token);
      await this.#env.claim(this.#tabName(token));
    }
    return user;
  }

  #key(name: string): string {
    return `callbox.${name}:${this.#origin}`;
  }

  /** A lock's name may be seen by other pages of the origin: only the token's tail goes into it. */
  #tabName(token: string): string {
    return `callbox.tab:${token.slice(-8)}`;
  }

  async #ask<Result>(method: string, path: string, body?: unknown): Promise<Result> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["content-type"] = "application/json";
    if (this.#token !== null) headers["authorization"] = `Bearer ${this.#token}`;
    let answer: Answer;
    try {
      answer = await this.#env.fetch(this.#origin + path, {
        method,
        headers,
        credentials: this.#env.pageOrigin === this.#origin ? "same-origin" : "omit",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new CallboxError("network", "The server could not be reached.", { cause });
    }
    if (answer.status === 204) return undefined as Result;
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
