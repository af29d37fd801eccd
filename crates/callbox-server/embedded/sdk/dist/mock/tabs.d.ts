/**
 * The tabs of one origin, and the sockets between them and the one that runs the exchange: the host.
 *
 * The holder of the lock `callbox.mock` is the host. When it goes, the next holder starts an empty exchange; sockets to
 * the old one break, and the SDK reconnects by itself. Each tab holds a lock of its own name, so the host learns of a tab's
 * end however it came. Without locks a tab is the host of itself alone. It knows sockets and texts, and no frame.
 */
import type { Environment, Socket, SocketHandlers } from "../core/environment.js";
import type { User } from "../generated/protocol.js";
import type { Guest } from "./session.js";
type Opener = Omit<Guest, "tab">;
/** A name that was never there before. */
export declare function newName(): string;
export declare class Tabs {
    #private;
    constructor(env: Pick<Environment<never>, "now" | "after">);
    openSocket(guest: Opener, handlers: SocketHandlers): Socket;
    setUser(user: User): void;
    block(user: string, call: string): void;
}
export {};
