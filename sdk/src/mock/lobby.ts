/**
 * Decides who may meet whom, and who is the best of those.
 *
 * Never an adult and a minor, never two of whom one blocked the other, never two of one user. Company is for its own person
 * alone. Those who were not met before come first, then those who waited longest.
 */
import type { Call, Session } from "./session.js";
import { Memory } from "./memory.js";

/** The prefix of the mock's invites: any text with it is an invite, in whichever tab it was made. */
export const INVITE = "mock-";

export interface Partner {
  readonly session: Session;
  readonly metBefore: boolean;
}

export class Lobby {
  readonly #metPairs = new Memory<true>();
  readonly #blockedPairs = new Memory<true>();
  readonly #usersByInvite = new Memory<readonly string[]>();

  /** Somebody among all for a session that waits. */
  partner(newcomer: Session, all: Iterable<Session>): Partner | null {
    const known = (session: Session) => this.#metPairs.get(pair({ caller: session.guest.user.id, callee: newcomer.guest.user.id })) === true;
    const found = [...all]
      .filter((session) => session.socket !== null && this.#mayMeet(session, newcomer))
      .sort((one, two) => Number(known(one)) - Number(known(two)) || (one.ticket?.since ?? 0) - (two.ticket?.since ?? 0));
    return found[0] ? { session: found[0], metBefore: known(found[0]) } : null;
  }

  met(users: Call["users"]): void {
    this.#metPairs.set(pair(users), true);
  }

  block(users: Call["users"]): void {
    this.#blockedPairs.set(pair(users), true);
  }

  /** Whether this user may join an invite: it is for two. */
  admit(invite: string, user: string): boolean {
    const users = this.#usersByInvite.get(invite) ?? [];
    if (!invite.startsWith(INVITE)) return false;
    if (users.includes(user)) return true;
    if (users.length === 2) return false;
    this.#usersByInvite.set(invite, [...users, user]);
    return true;
  }

  #mayMeet(one: Session, two: Session): boolean {
    const [a, b] = [one.guest, two.guest];
    if (!one.ticket || !two.ticket || one.ticket.kind !== two.ticket.kind || a.user.id === b.user.id) return false;
    if (a.companyOf !== null || b.companyOf !== null) return a.companyOf === b.user.id || b.companyOf === a.user.id;
    if (this.#blockedPairs.get(pair({ caller: a.user.id, callee: b.user.id }))) return false;
    return one.ticket.kind === "invite" ? one.ticket.invite === two.ticket.invite : a.user.age === b.user.age;
  }
}

/** One name for both orders. */
function pair({ caller, callee }: Call["users"]): string {
  return [caller, callee].sort().join(" ");
}
