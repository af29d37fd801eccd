/**
 * The mock's HTTP side: one guest a tab, answered from memory and kept in the tab's own store.
 *
 * Guests stay guests: there is a profile, but neither addresses nor a history. Tokens are names here, not secrets. Messages
 * about calls are taken without asking whether one was in them; complaints and stars go nowhere. Invites carry their own
 * mark, so no list of them is needed.
 */
import type { Answer, Environment, Request } from "../core/environment.js";
import type { Account, AgeClass, ErrorCode, GuestCreated, Invite, Problem, Profile, User } from "../generated/protocol.js";
import { INVITE } from "./lobby.js";

export interface AccountsHandlers {
  /** The age question was answered. */
  onUser(user: User): void;
  /** The user never wants to meet the other one of a call again. */
  onBlock(user: string, call: string): void;
}

type AccountsEnvironment = Pick<Environment<never>, "now" | "tabStore" | "pageOrigin">;

const KEY = "guest";
/** As the server's: a day. */
const INVITE_MS = 86_400_000;

export class Accounts {
  readonly #env: AccountsEnvironment;
  readonly #name: () => string;
  readonly #handlers: AccountsHandlers;
  #guest: GuestCreated | null;
  #profile: Profile = { name: "", bio: "", interests: [], languages: [], country: null };

  constructor(env: AccountsEnvironment, name: () => string, handlers: AccountsHandlers) {
    this.#env = env;
    this.#name = name;
    this.#handlers = handlers;
    this.#guest = JSON.parse(env.tabStore.get(KEY) ?? "null") as GuestCreated | null;
  }

  /** The tab's guest; `null` before the first request. */
  get user(): User | null {
    return this.#guest?.user ?? null;
  }

  answer(url: string, request: Request): Answer {
    const { pathname } = new URL(url);
    const body = JSON.parse(request.body ?? "{}") as { age?: AgeClass } & Profile;
    const route = `${request.method} ${pathname}`;
    if (route === "POST /v1/guests") return answered(201, this.#keep({ id: this.#name(), age: body.age ?? null }, this.#name()));
    const guest = this.#guest;
    if (guest === null || request.headers["authorization"] !== `Bearer ${guest.token}`) {
      return refused(401, "unauthenticated", "The mock does not know this login.");
    }
    if (route === "GET /v1/me") return answered(200, this.#account(guest.user));
    if (route === "PUT /v1/me/profile") return answered(200, (this.#profile = body));
    if (/^GET \/v1\/me\/(calls|blocks)$/.test(route)) return answered(200, { items: [], next: null });
    if (route === "PUT /v1/me/age") return this.#setAge(guest, body.age ?? null);
    if (route === "POST /v1/invites") return answered(201, this.#invite());
    const [, call, what] = pathname.match(/^\/v1\/calls\/([^/]+)\/(block|report|rating)$/) ?? [];
    if (call === undefined) return refused(404, "not_found", "The mock has nothing there.");
    if (what !== "rating") this.#handlers.onBlock(guest.user.id, decodeURIComponent(call));
    return answered(204, null);
  }

  #setAge({ user, token }: GuestCreated, age: AgeClass | null): Answer {
    if (user.age !== null && user.age !== age) return refused(409, "conflict", "The age question was answered differently before.");
    const answeredUser = { ...user, age };
    this.#keep(answeredUser, token);
    this.#handlers.onUser(answeredUser);
    return answered(200, answeredUser);
  }

  #account(user: User): Account {
    const attributes = { public: {}, private: {} };
    const nothing = { email: null, has_password: false, proof: "nothing", role: "user", plan: null } as const;
    return { ...user, ...nothing, profile: this.#profile, attributes, created_at: this.#env.now(), login: "mock" };
  }

  #invite(): Invite {
    const code = INVITE + this.#name();
    return { code, url: `${this.#env.pageOrigin ?? ""}/i/${code}`, expires_at: this.#env.now() + INVITE_MS };
  }

  #keep(user: User, token: string | null): GuestCreated {
    this.#guest = { user, token };
    this.#env.tabStore.set(KEY, JSON.stringify(this.#guest));
    return this.#guest;
  }
}

function answered(status: number, content: unknown): Answer {
  return { ok: status < 400, status, json: () => Promise.resolve(content) };
}

function refused(status: number, code: ErrorCode, detail: string): Answer {
  return answered(status, { type: "about:blank", title: code, status, detail, code, request_id: "mock" } satisfies Problem);
}
