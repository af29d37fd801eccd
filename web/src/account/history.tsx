/**
 * The calls that were, the newest first.
 */
import type { HistoryCall } from "@callbox/client";
import { useCallHistory } from "@callbox/client/data";
import { account as words } from "../messages/account.js";
import { Card } from "./card.js";
import { List } from "./list.js";
import { Row } from "./row.js";
import { moment, useShown } from "./session.js";

export function History() {
  const pages = useShown(useCallHistory());
  const { title, none } = words.history;
  return (
    <Card title={title}>
      <List pages={pages} none={none} label={title}>
        {(call) => <Call key={call.id} call={call} />}
      </List>
    </Card>
  );
}

function Call({ call }: { call: HistoryCall }) {
  const { unnamed, unseen, blocked, stars, minutes } = words.history;
  const seconds = Math.round(call.duration_ms / 1_000);
  const facts = [
    moment(call.at),
    call.is_success ? minutes(Math.floor(seconds / 60), seconds % 60) : unseen,
    call.stars !== null && stars(call.stars),
    call.is_blocked && blocked,
  ].filter(Boolean);
  return <Row title={call.partner_name || unnamed} facts={facts.join(" · ")} />;
}
