/**
 * The signed-in user's account, profile, logins and identities, and the profile of a call's other person.
 */
import type { Account, CallboxClient, IdentityItem, LoginItem, Profile, PublicProfile } from "../index.js";
import type { CallboxQuery } from "./use-query.js";
type Rest = Omit<CallboxQuery<unknown>, "data">;
export interface UseAccount extends Rest {
    /** `null` until it is there, and if nobody is signed in. */
    readonly account: Account | null;
    /** As `client.account`; `null` while the page is rendered ahead of time. */
    readonly actions: CallboxClient["account"] | null;
}
export declare function useAccount(): UseAccount;
export interface UseProfile extends Rest {
    /** `null` until it is there, and if nobody is signed in. */
    readonly profile: Profile | null;
    /** Shows it at once, and takes it back if it is refused: rejects with a `CallboxError` then. Resolves to what is kept. */
    save(profile: Profile): Promise<Profile>;
}
export declare function useProfile(): UseProfile;
/** What the other person of this call shows; `null` for none. */
export declare const usePartner: (call: string | null) => CallboxQuery<PublicProfile>;
export interface UseList<Item> extends Rest {
    /** `null` until they are there, and if nobody is signed in. */
    readonly items: readonly Item[] | null;
}
export interface UseLogins extends UseList<LoginItem> {
    /** Ends a login elsewhere. */
    end(id: string): Promise<void>;
}
export declare function useLogins(): UseLogins;
export declare function useIdentities(): UseList<IdentityItem>;
export {};
