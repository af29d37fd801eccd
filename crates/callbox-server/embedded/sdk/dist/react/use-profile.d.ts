/**
 * The profile of the signed-in user.
 */
import type { Profile } from "../index.js";
import type { Asked } from "./use-asked.js";
export interface UseProfile extends Omit<Asked<Profile>, "data"> {
    /** `null` until it is there, and if nobody is signed in. */
    readonly profile: Profile | null;
    /** Keeps it, and shows it as it is kept. Rejects with a `CallboxError`. */
    save(profile: Profile): Promise<void>;
}
export declare function useProfile(): UseProfile;
