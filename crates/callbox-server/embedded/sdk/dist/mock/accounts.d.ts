/**
 * The mock's HTTP side: one guest a tab, answered from memory and kept in the tab's own store.
 *
 * Guests stay guests: there is a profile, but neither addresses nor a history. Tokens are names here, not secrets. Messages
 * about calls are taken without asking whether one was in them; complaints and stars go nowhere. Invites carry their own
 * mark, so no list of them is needed.
 */
import type { Answer, Environment, Request } from "../core/environment.js";
import type { User } from "../generated/protocol.js";
export interface AccountsHandlers {
    /** The age question was answered. */
    onUser(user: User): void;
    /** The user never wants to meet the other one of a call again. */
    onBlock(user: string, call: string): void;
}
type AccountsEnvironment = Pick<Environment<never>, "now" | "tabStore" | "pageOrigin">;
export declare class Accounts {
    #private;
    constructor(env: AccountsEnvironment, name: () => string, handlers: AccountsHandlers);
    /** The tab's guest; `null` before the first request. */
    get user(): User | null;
    answer(url: string, request: Request): Answer;
}
export {};
