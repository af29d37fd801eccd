/**
 * Decides who may meet whom, and who is the best of those.
 *
 * Never an adult and a minor, never two of whom one blocked the other, never two of one user. Company is for its own person
 * alone. Those who were not met before come first, then those who waited longest.
 */
import type { Call, Session } from "./session.js";
/** The prefix of the mock's invites: any text with it is an invite, in whichever tab it was made. */
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
