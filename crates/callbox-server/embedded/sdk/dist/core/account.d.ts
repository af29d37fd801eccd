/**
 * Who we are to the server: a guest with a token of its own, or with the page's HttpOnly cookie.
 *
 * Which of the two is the server's decision. A token is kept for this tab alone and never stands in a URL. A
 * tab that was duplicated has a copy of the other's token: it notices and becomes a guest of its own.
 */
import type { AgeClass, Invite, User } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
export declare class Account {
    #private;
    constructor(env: Pick<Environment<never>, "fetch" | "tabStore" | "originStore" | "claim" | "pageOrigin">, origin: string);
    /** For the hello; `null` where a cookie speaks for us. */
    get token(): string | null;
    /** Comes back as who we were in this tab or origin, or becomes a new guest. */
    signIn(age: AgeClass | undefined): Promise<User>;
    setAge(age: AgeClass): Promise<User>;
    createInvite(): Promise<Invite>;
    /** Says something of a call. */
    tell(method: "POST" | "PUT", call: string, what: "block" | "report" | "rating", body: object): Promise<void>;
}
