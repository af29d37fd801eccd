/**
 * The client's lower part: who we are to the server, and what we say of people to it over HTTP.
 */
import type { AgeClass, Invite, ReportCall, User } from "../generated/protocol.js";
import { Account } from "./account.js";
import type { Environment } from "./environment.js";
import { CallboxError } from "./errors.js";
import { Emitter } from "./events.js";
import type { ClientEvents, ClientOptions } from "./options.js";

export class AccountClient<Stream> extends Emitter<ClientEvents<Stream>> {
  protected readonly env: Environment<Stream>;
  protected readonly origin: string;
  protected readonly account: Account;
  #user: User | null = null;

  constructor(env: Environment<Stream>, options: ClientOptions) {
    super((error) => env.warn("a listener failed", error));
    this.env = env;
    const server = options.server ?? env.pageOrigin;
    if (server === null) throw new CallboxError("wrong_state", "Outside a page, `server` must be given.");
    this.origin = (typeof server === "string" ? server : server.href).replace(/\/+$/, "");
    this.account = new Account(env, this.origin);
  }

  get user(): User | null {
    return this.#user;
  }

  /** Comes back as the guest of this tab or browser, or becomes a new one. Safe to call twice. */
  async signIn(options: { age?: AgeClass } = {}): Promise<User> {
    const user = this.#user ?? this.setUser(await this.account.signIn(options.age));
    return options.age !== undefined && user.age === null ? await this.setAge(options.age) : user;
  }

  /** Answers the age question: once, for good. */
  async setAge(age: AgeClass): Promise<User> {
    return this.setUser(await this.account.setAge(age));
  }

  /** Makes a link for somebody you know; both of you then `join` its code. */
  createInvite(): Promise<Invite> {
    return this.account.createInvite();
  }

  /** Never meet the other person of this call again. */
  block(call: string): Promise<void> {
    return this.account.tell("POST", call, "block", {});
  }

  /** Complains about the other person of this call to those who run the server, and blocks them. */
  report(call: string, report: ReportCall): Promise<void> {
    return this.account.tell("POST", call, "report", report);
  }

  /** Says how good this call was: 1 to 5 stars. The last word counts. */
  rate(call: string, stars: number): Promise<void> {
    return this.account.tell("PUT", call, "rating", { stars });
  }

  protected setUser(user: User): User {
    this.#user = user;
    this.emit("user", user);
    return user;
  }

  /** The server does not know our login any more: the next use signs in anew. */
  protected forgetUser(): void {
    this.#user = null;
  }
}
