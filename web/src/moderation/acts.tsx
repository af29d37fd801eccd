/**
 * The acts of moderators: each ban, dismissal and undoing, the newest first.
 */
import type { ActItem, Page } from "@callbox/client";
import { List } from "../account/list.js";
import { Row } from "../account/row.js";
import { client, moment, usePages } from "../account/session.js";
import { moderation as words } from "../messages/moderation.js";

export function Acts() {
  const pages = usePages<ActItem>((before) => client().login.ask<Page<ActItem>>("GET", `moderation/acts${before ? `?before=${encodeURIComponent(before)}` : ""}`));
  return (
    <List pages={pages} none={words.none.acts} label={words.views.acts}>
      {(act) => <Act key={act.id} act={act} />}
    </List>
  );
}

function Act({ act }: { act: ActItem }) {
  const { unnamed } = words.report;
  const { did, by } = words.acts;
  return (
    <Row
      title={act.user_name || unnamed}
      facts={
        <>
          {did[act.act]} · {moment(act.at)} · {by} <bdi>{act.moderator_name || act.moderator}</bdi>
          {act.detail !== "" && " · "}
          <bdi>{act.detail}</bdi>
        </>
      }
    />
  );
}
