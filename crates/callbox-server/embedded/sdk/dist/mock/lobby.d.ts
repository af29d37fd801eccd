/**
 * Who may meet whom, and who is the best of those.
 *
 * Never an adult and a minor, never two of whom one blocked the other, never two of one user. Company is for its own person
 * alone. Whoever was not met before comes first, then whoever waited longest.
 */
import type { Call, Session } from "./session.js";
/** What the mock's invites begin with: any of these is an invite, in whichever tab it was made. */
export declare const INVITE = "mock-";
export interface Partner {
    readonly session: Session;
    readonly metBefore: boolean;
}
export declare class Lobby {
    #private;
    /** Somebody among all for a session that waits. */
    partner(newcomer: Session, all: Iterable<Session>): Partner | null;
    met(users: Call["users"]): void;
    block(users: Call["users"]): void;
    /** Whether this user may join an invite: it is for two. */
    admit(invite: string, user: string): boolean;
}
