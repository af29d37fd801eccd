/**
 * The profile of the signed-in user.
 */
import type { CallboxClient, Profile } from "../index.js";
import { useAsked } from "./use-asked.js";
import type { Asked } from "./use-asked.js";
import { useCallbox } from "./use-callbox.js";

export interface UseProfile extends Omit<Asked<Profile>, "data"> {
  /** `null` until it is there, and if nobody is signed in. */
  readonly profile: Profile | null;
  /** Keeps it, and shows it as it is kept. Rejects with a `CallboxError`. */
  save(profile: Profile): Promise<void>;
}

const ask = async (client: CallboxClient) => (await client.account.read()).profile;

export function useProfile(): UseProfile {
  const client = useCallbox();
  const { data, ...rest } = useAsked(ask);
  const save = async (profile: Profile) => {
    if (client) await rest.refresh(await client.profile.set(profile));
  };
  return { profile: data, save, ...rest };
}
