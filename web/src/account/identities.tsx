/**
 * The other services that open one's account, and the way to add one or to take one away.
 */
import type { Account, IdentityItem } from "@callbox/client";
import { account as words } from "../messages/account.js";
import { Card } from "./card.js";
import { List } from "./list.js";
import { useProof } from "./proof.js";
import { Row } from "./row.js";
import { Buttons, useProviders } from "./services.js";
import { client, day, usePages } from "./session.js";

export function Identities({ account }: { account: Account }) {
  const pages = usePages<IdentityItem>(async () => ({ items: (await client().account.identities()).items, next: null }));
  const providers = useProviders();
  const { field, proof, clear } = useProof(account, "identities");
  const { title, lead, none } = words.services;
  // One that the server knows no more may still be taken away.
  if (providers.length === 0 && !pages.items?.length) return null;
  const unlink = async (gone: string) => {
    await client().account.unlink(gone, proof);
    clear();
    pages.remove(({ id }) => id === gone);
  };
  return (
    <Card title={title} lead={lead}>
      <List pages={pages} none={none} label={title}>
        {(identity) => <Identity key={identity.id} identity={identity} work={() => unlink(identity.id)} />}
      </List>
      {Boolean(pages.items?.length) && field}
      <Buttons providers={providers} isLink />
    </Card>
  );
}

function Identity({ identity, work }: { identity: IdentityItem; work: () => Promise<void> }) {
  const { since, unlink, unlinkLabel } = words.services;
  return <Row title={identity.name} facts={since(day(identity.at))} action={{ go: unlink, label: unlinkLabel(identity.name), work }} />;
}
