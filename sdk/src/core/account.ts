/**
 * `client.account`: from a guest to an account, and who may use it. A mail's link has its token after the `#`.
 *
 * A user who becomes somebody else, or nobody, leaves the wait or the call that they were in. A change of how one gets in needs a
 * proof, which `read().proof` names: the password is given with the call; without one, a yes from the mailbox (`askApproval`).
 * Nothing here tells whether an address is somebody's: its owner is notified by mail.
 */
import type {
  Account,
  Approved,
  Change,
  ChangePassword,
  DeleteMe,
  Export,
  FinishOidc,
  Identities,
  Logins,
  OidcFinished,
  OidcStarted,
  Providers,
  ResetPassword,
  SetEmail,
  SetUp,
  SignIn,
  SignedIn,
  Unlink,
  User,
  Verified,
} from "../generated/protocol.js";
import type { Store } from "./environment.js";
import type { Login } from "./login.js";

/** The key of the sign-in that this tab was sent away with: only the tab that began one can finish it. */
const FLOW = "callbox.oidc";

/**
 * A record of functions and no class: their names are all that a minifier has to leave in it. `become` gets who we are
 * now, `null` for nobody.
 */
export function makeAccount(login: Login, become: (user: User | null) => User | null, tabStore: Store) {
  /** As who we were before, if anybody: a link that is opened in the browser that asked for it is worth more. */
  const ask = <Result>(method: string, path: string, body?: object) => login.restore().then(() => login.ask<Result>(method, path, body));

  const be = async (signedIn: SignedIn) => become(await login.take(signedIn)) as User;
  const enter = async (path: string, body: object) => be(await ask<SignedIn>("POST", path, { ...body, device: login.device }));

  const forget = () => {
    login.forget();
    become(null);
  };
  const read = () => ask<Account>("GET", "me");
  const flow = () => tabStore.get(FLOW) ?? "";
  const forgetFlow = () => tabStore.remove(FLOW);
  const endLogin = (id: string) => ask<void>("DELETE", `me/logins/${encodeURIComponent(id)}`);

  return {
    /** Our own account, whole. */
    read,
    /**
     * Sends a link to an address; it is ours once that is opened. A guest's password is set then, if it is opened in this browser;
     * an account gives the password that it has.
     */
    setEmail: (email: SetEmail) => ask<void>("PUT", "me/email", email),
    /** Opens the link that `setEmail` sent: who we are then. An account's other address signs nobody in: then that is who we were, or nobody. */
    verify: async (token: string) => {
      const verified = await ask<Verified>("POST", "verifications", { token, device: login.device });
      return verified.user && (await be({ user: verified.user, token: verified.token }));
    },
    /** Asks the mailbox of our account for a yes to one change. It holds for this login and for ten minutes. */
    askApproval: (change: Change) => ask<void>("POST", "me/approvals", { change }),
    /** Says yes, by the link that `askApproval` sent, in any browser; to what. */
    approve: async (token: string) => (await ask<Approved>("POST", "approvals", { token })).change,
    /** By address and password. */
    signIn: (credentials: Omit<SignIn, "device">) => enter("logins", credentials),
    /** Sends a link that signs in, to the owner of an account with this address. */
    sendLink: (email: string) => ask<void>("POST", "logins/mail", { email, device: login.device }),
    /** Opens the link that `sendLink` sent. */
    redeem: (token: string) => enter("logins/redeem", { token }),
    /** Makes the first admin, by the link that a new server prints. */
    setUp: (admin: SetUp) => enter("setup", admin),
    /** Sends a link that sets a new password, to the owner of an account with this address. */
    sendReset: (email: string) => ask<void>("POST", "passwords/mail", { email, device: login.device }),
    /** Opens the link that `sendReset` sent. All logins of the user end. */
    resetPassword: (reset: ResetPassword) => ask<void>("POST", "passwords/reset", reset),
    /** Ends all other logins. */
    changePassword: (change: ChangePassword) => ask<void>("PUT", "me/password", change),
    /** Other services that one may sign in with (OpenID Connect). */
    providers: () => login.ask<Providers>("GET", "oidc"),
    /**
     * Begins a sign-in at one of them, or with `link` lets it open the account that we have: the address to send this tab to.
     * It returns to `/oidc` of this page's origin.
     */
    startOidc: async (provider: string, { link = false } = {}) => {
      const { url, flow } = await ask<OidcStarted>("POST", `oidc/${encodeURIComponent(provider)}/start`, { link });
      tabStore.set(FLOW, flow);
      return url;
    },
    /** On `/oidc`, with its query. A guest becomes an account, a known person returns; or there is more to do. */
    finishOidc: async ({ state, code, iss }: Pick<FinishOidc, "state" | "code" | "iss">) => {
      const finished = await ask<OidcFinished>("POST", "oidc/finish", { flow: flow(), state, code, iss, device: login.device });
      if (finished.outcome === "signed_in") await be(finished);
      if (finished.outcome !== "confirm") forgetFlow();
      return finished;
    },
    /** Says yes to the outcome `confirm`: the service opens our account from now on. */
    confirmOidc: (proof: Unlink = {}) => ask<void>("POST", "oidc/confirm", { flow: flow(), ...proof }).then(forgetFlow),
    /** Opens the link of the mail that follows the outcome `mailed`. */
    redeemOidc: (token: string) => enter("oidc/redeem", { token }),
    /** The services that open our account. */
    identities: () => ask<Identities>("GET", "me/identities"),
    /** Takes that away from one; not from the last way in. */
    unlink: (id: string, proof: Unlink = {}) => ask<void>("DELETE", `me/identities/${encodeURIComponent(id)}`, proof),
    /** The 50 that were used last. */
    logins: () => ask<Logins>("GET", "me/logins"),
    /** Ends a login elsewhere; for the own one there is `signOut`. */
    endLogin,
    /** Ends the own login. A user who never gave an address cannot return. */
    signOut: async () => endLogin((await read()).login).then(forget),
    /** All that is kept of us. */
    export: () => ask<Export>("GET", "me/export"),
    /** Deletes the account, and all that is kept of it. */
    delete: (proof: DeleteMe = {}) => ask("DELETE", "me", proof).then(forget),
  };
}
