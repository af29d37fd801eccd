/**
 * The client's lower part: who we are to the server, and what we say of people to it over HTTP.
 */
import type { AgeClass, Invite, ReportCall, User } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import { CallboxError } from "./errors.js";
import { Emitter } from "./events.js";
import { Login } from "./login.js";
import type { ClientEvents, ClientOptions } from "./options.js";
import type { makeAccount, makeHistory, makeProfile } from "./people.js";

/** A record of functions that is loaded when the first of them is called. */
function later<Part extends object>(load: () => Promise<Part>): Part {
  const call = (name: keyof Part) => async (...args: unknown[]) => (((await load())[name]) as (...args: unknown[]) => unknown)(...args);
  // Whoever awaits the record itself gets it.
  return new Proxy({} as Part, { get: (_, name) => (name === "then" ? undefined : call(name as keyof Part)) });
}

const people = () => import("./people.js");

export abstract class AccountClient<Stream> extends Emitter<ClientEvents<Stream>> {
  /** From a guest to an account, and who may use it. */
  readonly account: ReturnType<typeof makeAccount>;
  /** What people in a call see of each other. */
  readonly profile: ReturnType<typeof makeProfile>;
  /** The calls that were, and the people whom one blocked. */
  readonly history: ReturnType<typeof makeHistory>;
  protected readonly env: Environment<Stream>;
  protected readonly origin: string;
  /** For what has no method here: `client.login.ask("GET", "users")` asks the HTTP interface as who we are. */
  readonly login: Login;
  #user: User | null = null;

  constructor(env: Environment<Stream>, options: ClientOptions) {
    super((error) => env.warn("a listener failed", error));
    this.env = env;
    const server = options.server ?? env.pageOrigin;
    if (server === null) throw new CallboxError("wrong_state", "Outside a page, `server` must be given.");
    this.origin = (typeof server === "string" ? server : server.href).replace(/\/+$/, "");
    this.login = new Login(env, this.origin);
    const become = (user: User | null) => {
      if (user?.id !== this.#user?.id) this.handleLeft();
      return this.setUser(user);
    };
    this.account = later(async () => (await people()).makeAccount(this.login, become, env.tabStore));
    this.profile = later(async () => (await people()).makeProfile(this.login));
    this.history = later(async () => (await people()).makeHistory(this.login));
  }

  get user(): User | null {
    return this.#user;
  }

  /** Comes back as who we were in this tab or browser, or becomes a new guest. Safe to call twice. */
  async signIn(options: { age?: AgeClass } = {}): Promise<User> {
    const user = this.#user ?? this.setUser(await this.login.signIn(options.age));
    return options.age !== undefined && user.age === null ? await this.setAge(options.age) : user;
  }

  /** Comes back as who we were, and makes no guest of nobody: `null` then. */
  async restore(): Promise<User | null> {
    const user = this.#user ?? (await this.login.restore());
    return user && this.setUser(user);
  }

  /** Answers the age question: once, for good. */
  async setAge(age: AgeClass): Promise<User> {
    return this.setUser(await this.login.ask<User>("PUT", "me/age", { age }));
  }

  /** Makes a link for somebody you know; both of you then `join` its code. */
  createInvite(): Promise<Invite> {
    return this.login.ask("POST", "invites", {});
  }

  /** Never meet the other person of this call again. */
  block(call: string): Promise<void> {
    return this.#tell("POST", call, "block", {});
  }

  /** Complains about the other person of this call to those who run the server, and blocks them. */
  report(call: string, report: ReportCall): Promise<void> {
    return this.#tell("POST", call, "report", report);
  }

  /** Says how good this call was: 1 to 5 stars. The last word counts. */
  rate(call: string, stars: number): Promise<void> {
    return this.#tell("PUT", call, "rating", { stars });
  }

  /** We are somebody else now, or nobody: whatever was begun ends. */
  protected abstract handleLeft(): void;

  protected setUser<Somebody extends User | null>(user: Somebody): Somebody {
    this.#user = user;
    this.emit("user", user);
    return user;
  }

  /** The server does not know our login any more: the next use signs in anew. */
  protected forgetUser(): void {
    this.#user = null;
    this.login.doubt();
  }

  #tell(method: "POST" | "PUT", call: string, what: "block" | "report" | "rating", body: object): Promise<void> {
    return this.login.ask(method, `calls/${encodeURIComponent(call)}/${what}`, body);
  }
}
