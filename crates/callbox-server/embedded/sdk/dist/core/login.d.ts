/**
 * Our login at the server: with a token of its own, or with the page's HttpOnly cookie; and how the server is asked.
 *
 * The server decides which of the two. A token is kept for this tab alone and is never in a URL. A
 * tab that was duplicated has a copy of the other's token: it notices and becomes a guest of its own. A browser keeps one
 * name for itself, by which a ban of it is obeyed.
 */
import type { AgeClass, SignedIn, User } from "../generated/protocol.js";
import type { Answer, Environment } from "./environment.js";
/** A page that is loaded anew waits so long for the browser to put the one before away. */
export declare const RELOAD_MS = 1000;
export type LoginEnvironment = Pick<Environment<never>, "fetch" | "tabStore" | "originStore" | "claim" | "pageOrigin" | "random">;
export declare class Login {
    #private;
    /** Gets the answer to each request that may have changed something: for a cache of what was read. */
    onWrite: ((answer: Answer) => void) | null;
    constructor(env: LoginEnvironment, origin: string);
    /** For the hello; `null` if a cookie speaks for us. */
    get token(): string | null;
    /** Comes back as who we were in this tab or origin, or becomes a new guest. */
    signIn(age: AgeClass | undefined): Promise<User>;
    /** Restores who we were; `null` if that was nobody, or nobody whom the server still knows. Asks once. */
    restore(): Promise<User | null>;
    /** Takes the user that the server says we are from now on. */
    take({ user, token }: SignedIn): Promise<User>;
    /** Whether the server still knows us is to be asked again. */
    doubt(): void;
    /** Is nobody from now on. */
    forget(): void;
    /** This browser's own name; the server keeps a hash of it, for bans. */
    get device(): string;
    /** Asks the server as who we are, below `/v1`; rejects with a `CallboxError`. */
    ask<Result>(method: string, path: string, body?: unknown): Promise<Result>;
    /** The answer as it comes, with headers of the caller's; rejects only if none comes. */
    request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
    /** What an answer says; rejects with a `CallboxError` if that is a refusal. */
    content<Result>(answer: Answer): Promise<Result>;
}
