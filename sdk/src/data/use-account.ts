/**
 * The signed-in user's account, profile, logins and identities, and the profile of a call's other person.
 */
import type { Account, CallboxClient, Identities, IdentityItem, LoginItem, Logins, Profile, PublicProfile } from "../index.js";
import { useCallbox } from "../react.js";
import { useCallboxData, useCallboxQuery } from "./use-query.js";
import type { CallboxQuery } from "./use-query.js";

type Rest = Omit<CallboxQuery<unknown>, "data">;

const ME = "/v1/me";

export interface UseAccount extends Rest {
  /** `null` until it is there, and if nobody is signed in. */
  readonly account: Account | null;
  /** As `client.account`; `null` while the page is rendered ahead of time. */
  readonly actions: CallboxClient["account"] | null;
}

export function useAccount(): UseAccount {
  const { data, ...rest } = useCallboxQuery<Account>(ME);
  return { account: data, actions: useCallbox()?.account ?? null, ...rest };
}

export interface UseProfile extends Rest {
  /** `null` until it is there, and if nobody is signed in. */
  readonly profile: Profile | null;
  /** Shows it at once, and takes it back if it is refused: rejects with a `CallboxError` then. Resolves to what is kept. */
  save(profile: Profile): Promise<Profile>;
}

export function useProfile(): UseProfile {
  const client = useCallbox();
  const cache = useCallboxData();
  const { data, ...rest } = useCallboxQuery<Account>(ME);
  const save = async (profile: Profile) => {
    if (!client || !cache) return profile;
    return cache.write<Account, Profile>(
      ME,
      (account) => ({ ...account, profile }),
      () => client.profile.set(profile),
    );
  };
  return { profile: data?.profile ?? null, save, ...rest };
}

/** What the other person of this call shows; `null` for none. */
export const usePartner = (call: string | null) => useCallboxQuery<PublicProfile>(call === null ? null : `/v1/calls/${encodeURIComponent(call)}/partner`);

export interface UseList<Item> extends Rest {
  /** `null` until they are there, and if nobody is signed in. */
  readonly items: readonly Item[] | null;
}

export interface UseLogins extends UseList<LoginItem> {
  /** Ends a login elsewhere. */
  end(id: string): Promise<void>;
}

const without =
  <Item extends { id: string }>(gone: string) =>
  ({ items, ...list }: { items: Item[] }) => ({ ...list, items: items.filter(({ id }) => id !== gone) });

export function useLogins(): UseLogins {
  const client = useCallbox();
  const cache = useCallboxData();
  const { data, ...rest } = useCallboxQuery<Logins>("/v1/me/logins");
  const end = async (gone: string) => {
    if (client) await cache?.write<Logins, void>("/v1/me/logins", without<LoginItem>(gone), () => client.account.endLogin(gone));
  };
  return { items: data?.items ?? null, end, ...rest };
}

export function useIdentities(): UseList<IdentityItem> {
  const { data, ...rest } = useCallboxQuery<Identities>("/v1/me/identities");
  return { items: data?.items ?? null, ...rest };
}
