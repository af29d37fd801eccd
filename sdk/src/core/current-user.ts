/**
 * The current user, the login that proves it, and the requests about them, loaded when first needed.
 */
import type { AgeClass, User } from "../generated/protocol.js";
import type { Emit } from "./events.js";
import { Login } from "./login.js";
import type { LoginEnvironment } from "./login.js";
import type { ClientEvents } from "./options.js";
import type { makeAccount, makeHistory, makeProfile } from "./people.js";

type People = typeof import("./people.js");

/** A record of functions that is loaded when the first of them is called. */
function later<Part extends object>(make: (people: People) => Part): Part {
  const call =
    (name: keyof Part) =>
    async (...args: unknown[]) =>
      (make(await import("./people.js"))[name] as (...args: unknown[]) => unknown)(...args);
  // A caller that awaits the record itself gets it.
  return new Proxy({} as Part, { get: (_, name) => (name === "then" ? undefined : call(name as keyof Part)) });
}

export class CurrentUser {
  readonly login: Login;
  readonly account: ReturnType<typeof makeAccount>;
  readonly profile: ReturnType<typeof makeProfile>;
  readonly history: ReturnType<typeof makeHistory>;
  readonly #emit: Emit<ClientEvents<never>, "user">;
  #user: User | null = null;

  /** `onLeft`: we are somebody else now, or nobody, so whatever was begun ends. */
  constructor(env: LoginEnvironment, origin: string, emit: Emit<ClientEvents<never>, "user">, onLeft: () => void) {
    this.#emit = emit;
    const login = (this.login = new Login(env, origin));
    const become = (user: User | null) => {
      if (user?.id !== this.#user?.id) onLeft();
      return this.set(user);
    };
    this.account = later(({ makeAccount }) => makeAccount(login, become, env.tabStore));
    this.profile = later(({ makeProfile }) => makeProfile(login));
    this.history = later(({ makeHistory }) => makeHistory(login));
  }

  get user(): User | null {
    return this.#user;
  }

  /** The server says who we are. */
  set<Somebody extends User | null>(user: Somebody): Somebody {
    this.#user = user;
    this.#emit("user", user);
    return user;
  }

  async signIn(age?: AgeClass): Promise<User> {
    const user = this.#user ?? this.set(await this.login.signIn(age));
    return age !== undefined && user.age === null ? await this.setAge(age) : user;
  }

  async restore(): Promise<User | null> {
    const user = this.#user ?? (await this.login.restore());
    return user && this.set(user);
  }

  async setAge(age: AgeClass): Promise<User> {
    return this.set(await this.login.ask<User>("PUT", "me/age", { age }));
  }

  /** The server does not know our login any more: the next use signs in anew. */
  forget(): void {
    this.#user = null;
    this.login.doubt();
  }
}
