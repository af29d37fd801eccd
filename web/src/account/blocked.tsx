/**
 * The people whom one does not want to meet again, and the way to change one's mind.
 */
import type { BlockItem } from "@callbox/client";
import { account as words } from "../messages/account.js";
import { Card } from "./card.js";
import { List } from "./list.js";
import { Row } from "./row.js";
import { client, day, usePages } from "./session.js";

export function Blocked() {
  const pages = usePages<BlockItem>((before) => client().history.blocks(before ? { before } : {}));
  const { title, none } = words.blocked;
  return (
    <Card title={title}>
      <List pages={pages} none={none} label={title}>
        {(block) => <Block key={block.id} block={block} onLifted={() => pages.remove(({ id }) => id === block.id)} />}
      </List>
    </Card>
  );
}

function Block({ block, onLifted }: { block: BlockItem; onLifted: () => void }) {
  const { unnamed, line, lift, liftLabel } = words.blocked;
  const name = block.name || unnamed;
  const work = () => client().history.unblock(block.id).then(onLifted);
  return <Row title={name} facts={line(day(block.at))} action={{ go: lift, label: liftLabel(name), work }} />;
}
