/**
 * `client.account`: from a guest to an account, and who may use it. A mail's link has its token after the `#`.
 *
 * Whoever becomes somebody else, or nobody, leaves the wait or the call that they were in.
 * Nothing here tells whether an address is somebody's: those who own it hear of it by mail.
 */
import type { Account, ChangePassword, DeleteMe, Export, Logins, ResetPassword, SetEmail, SetUp, SignIn, SignedIn, User } from "../generated/protocol.js";
import type { Login } from "./login.js";

/**
 * A record of functions and no class: their names are all that a minifier has to leave in it. `become` is told who we are
 * now, `null` for nobody.
 */
export function makeAccount(login: Login, become: (user: User | null) => User | null) {
  /** As who we were before, if anybody: a link that is opened in the browser that asked for it is worth more. */
  const ask = <Result>(method: string, path: string, body?: object) => login.restore().then(() => login.ask<Result>(method, path, body));

  const enter = async (path: string, body: object) =>
    become(await login.take(await ask<SignedIn>("POST", path, { ...body, device: login.device }))) as User;

  const forget = () => {
    login.forget();
    become(null);
  };
  const read = () => ask<Account>("GET", "me");
  const endLogin = (id: string) => ask<void>("DELETE", `me/logins/${encodeURIComponent(id)}`);

  return {
    /** Who we are, whole. */
    read,
    /** Sends a link to an address; it is ours once that is opened, and the password is set then if it is opened in this browser. */
    setEmail: (email: SetEmail) => ask<void>("PUT", "me/email", email),
    /** Opens the link that `setEmail` sent. */
    verify: (token: string) => enter("verifications", { token }),
    /** By address and password. */
    signIn: (credentials: Omit<SignIn, "device">) => enter("logins", credentials),
    /** Sends a link that signs in, to whoever has an account with this address. */
    sendLink: (email: string) => ask<void>("POST", "logins/mail", { email }),
    /** Opens the link that `sendLink` sent. */
    redeem: (token: string) => enter("logins/redeem", { token }),
    /** Makes the first admin, by the link that a new server prints. */
    setUp: (admin: SetUp) => enter("setup", admin),
    /** Sends a link that sets a new password, to whoever has an account with this address. */
    sendReset: (email: string) => ask<void>("POST", "passwords/mail", { email }),
    /** Opens the link that `sendReset` sent. All logins of the user end. */
    resetPassword: (reset: ResetPassword) => ask<void>("POST", "passwords/reset", reset),
    /** Ends all other logins. */
    changePassword: (change: ChangePassword) => ask<void>("PUT", "me/password", change),
    /** The 50 that were used last. */
    logins: () => ask<Logins>("GET", "me/logins"),
    /** Ends a login elsewhere; for the own one there is `signOut`. */
    endLogin,
    /** Ends the own login. Whoever never gave an address cannot come back. */
    signOut: async () => endLogin((await read()).login).then(forget),
    /** All that is kept of us. */
    export: () => ask<Export>("GET", "me/export"),
    /** Deletes the account, and all that is kept of it. */
    delete: (proof: DeleteMe = {}) => ask("DELETE", "me", proof).then(forget),
  };
}
