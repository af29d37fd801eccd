/**
 * The current bans, and the way to lift one.
 */
import type { BanItem, Page } from "@callbox/client";
import { List } from "../account/list.js";
import { Row } from "../account/row.js";
import { client, day, moment, usePages } from "../account/session.js";
import { moderation as words } from "../messages/moderation.js";

export function Bans() {
  const pages = usePages<BanItem>((before) => client().login.ask<Page<BanItem>>("GET", `moderation/bans${before ? `?before=${encodeURIComponent(before)}` : ""}`));
  return (
    <List pages={pages} none={words.none.bans} label={words.views.bans}>
      {(ban) => <Ban key={ban.id} ban={ban} onLifted={() => pages.remove(({ id }) => id === ban.id)} />}
    </List>
  );
}

function Ban({ ban, onLifted }: { ban: BanItem; onLifted: () => void }) {
  const { scope, since, until, forEver, lift, liftLabel, unnamed } = words.bans;
  const name = ban.name || unnamed;
  const facts = [scope[ban.scope], since(day(ban.created_at)), ban.expires_at === null ? forEver : until(moment(ban.expires_at))];
  const work = () => client().login.ask("DELETE", `moderation/bans/${ban.id}`).then(onLifted);
  const all = (
    <>
      {facts.join(" · ")}
      {[ban.reason, ban.told].filter(Boolean).map((text) => (
        <>
          {" · "}
          <bdi>{text}</bdi>
        </>
      ))}
    </>
  );
  return <Row title={name} facts={all} action={{ go: lift, label: liftLabel(name), work }} />;
}
