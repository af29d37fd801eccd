/**
 * The mock's server side: who waits, who is paired, what passes between two, how a call ends.
 *
 * It speaks docs/PROTOCOL.md's frames and knows neither tabs nor the DOM. It is for development, so it is kinder than a
 * server: a waiting user is paired at once, also with somebody met before, nobody skips too often, and it remembers no
 * session for longer than 10 s without a socket. Pairs and calls that it remembers are 1,000 at most.
 */
import type { User } from "../generated/protocol.js";
import type { Environment } from "../core/environment.js";
import type { Guest } from "./session.js";
export interface ExchangeHandlers {
    /** Text for a socket. */
    say(socket: string, text: string): void;
    /** The exchange closes a socket. */
    end(socket: string, code: number): void;
}
export declare class Exchange {
    #private;
    /** `name` makes names that were never there before. */
    constructor(env: Pick<Environment<never>, "now" | "after">, name: () => string, handlers: ExchangeHandlers);
    /** Somebody opened a socket. */
    open(socket: string, guest: Guest): void;
    /** A frame came by a socket. */
    handleText(socket: string, text: string): void;
    /** A socket is closed: for good, or to reconnect. */
    handleClosed(socket: string, code: number): void;
    /** A page is gone. */
    handleGone(tab: string): void;
    /** A user has answered the age question. */
    handleUser(user: User): void;
    /** A user never wants to meet the other one of a call again. */
    handleBlock(user: string, id: string): void;
}
