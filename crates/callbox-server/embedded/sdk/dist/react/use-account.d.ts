/**
 * The account of the signed-in user, and what one can do with it.
 */
import type { Account, CallboxClient } from "../index.js";
import type { Asked } from "./use-asked.js";
export interface UseAccount extends Omit<Asked<Account>, "data"> {
    /** `null` until it is there, and if nobody is signed in. */
    readonly account: Account | null;
    /** As `client.account`; `null` while the page is rendered ahead of time. */
    readonly actions: CallboxClient["account"] | null;
}
/** After an action that changes the account, `refresh()` brings it here. */
export declare function useAccount(): UseAccount;
