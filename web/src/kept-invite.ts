/**
 * The invite that was made in this tab: a page that is loaded anew has the same link, since it may have been sent already.
 */
import type { Invite } from "@callbox/client";

const KEY = "callbox.invite";

/** `null` if there is none, or its day has ended. */
export function keptInvite(): Invite | null {
  try {
    const invite = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Invite | null;
    return invite !== null && invite.expires_at > Date.now() ? invite : null;
  } catch {
    // A browser may forbid storage; then each page load makes its own.
    return null;
  }
}

export function keepInvite(invite: Invite): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(invite));
  } catch {
    // As above.
  }
}

export function forgetInvite(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}
