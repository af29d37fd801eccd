/**
 * `client.account`: from a guest to an account, and who may use it. A mail's link has its token after the `#`.
 *
 * A user who becomes somebody else, or nobody, leaves the wait or the call that they were in. A change of how one gets in needs a
 * proof, which `read().proof` names: the password is given with the call; without one, a yes from the mailbox (`askApproval`).
 * Nothing here tells whether an address is somebody's: its owner is notified by mail.
 */
import type { Account, Change, ChangePassword, DeleteMe, Export, FinishOidc, Identities, Logins, OidcFinished, Providers, ResetPassword, SetEmail, SetUp, SignIn, Unlink, User } from "../generated/protocol.js";
import type { Store } from "./environment.js";
import type { Login } from "./login.js";
/**
 * A record of functions and no class: their names are all that a minifier has to leave in it. `become` gets who we are
 * now, `null` for nobody.
 */
export declare function makeAccount(login: Login, become: (user: User | null) => User | null, tabStore: Store): {
    /** Our own account, whole. */
    read: () => Promise<Account>;
    /**
     * Sends a link to an address; it is ours once that is opened. A guest's password is set then, if it is opened in this browser;
     * an account gives the password that it has.
     */
    setEmail: (email: SetEmail) => Promise<void>;
    /** Opens the link that `setEmail` sent: who we are then. An account's other address signs nobody in: then that is who we were, or nobody. */
    verify: (token: string) => Promise<User | null>;
    /** Asks the mailbox of our account for a yes to one change. It holds for this login and for ten minutes. */
    askApproval: (change: Change) => Promise<void>;
    /** Says yes, by the link that `askApproval` sent, in any browser; to what. */
    approve: (token: string) => Promise<Change>;
    /** By address and password. */
    signIn: (credentials: Omit<SignIn, "device">) => Promise<User>;
    /** Sends a link that signs in, to the owner of an account with this address. */
    sendLink: (email: string) => Promise<void>;
    /** Opens the link that `sendLink` sent. */
    redeem: (token: string) => Promise<User>;
    /** Makes the first admin, by the link that a new server prints. */
    setUp: (admin: SetUp) => Promise<User>;
    /** Sends a link that sets a new password, to the owner of an account with this address. */
    sendReset: (email: string) => Promise<void>;
    /** Opens the link that `sendReset` sent. All logins of the user end. */
    resetPassword: (reset: ResetPassword) => Promise<void>;
    /** Ends all other logins. */
    changePassword: (change: ChangePassword) => Promise<void>;
    /** Other services that one may sign in with (OpenID Connect). */
    providers: () => Promise<Providers>;
    /**
     * Begins a sign-in at one of them, or with `link` lets it open the account that we have: the address to send this tab to.
     * It returns to `/oidc` of this page's origin.
     */
    startOidc: (provider: string, { link }?: {
        link?: boolean | undefined;
    }) => Promise<string>;
    /** On `/oidc`, with its query. A guest becomes an account, a known person returns; or there is more to do. */
    finishOidc: ({ state, code, iss }: Pick<FinishOidc, "state" | "code" | "iss">) => Promise<OidcFinished>;
    /** Says yes to the outcome `confirm`: the service opens our account from now on. */
    confirmOidc: (proof?: Unlink) => Promise<void>;
    /** Opens the link of the mail that follows the outcome `mailed`. */
    redeemOidc: (token: string) => Promise<User>;
    /** The services that open our account. */
    identities: () => Promise<Identities>;
    /** Takes that away from one; not from the last way in. */
    unlink: (id: string, proof?: Unlink) => Promise<void>;
    /** The 50 that were used last. */
    logins: () => Promise<Logins>;
    /** Ends a login elsewhere; for the own one there is `signOut`. */
    endLogin: (id: string) => Promise<void>;
    /** Ends the own login. A user who never gave an address cannot return. */
    signOut: () => Promise<void>;
    /** All that is kept of us. */
    export: () => Promise<Export>;
    /** Deletes the account, and all that is kept of it. */
    delete: (proof?: DeleteMe) => Promise<void>;
};
