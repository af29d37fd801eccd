/**
 * The people whom one does not want to meet again, and the way to change one's mind.
 */
import type { BlockItem } from "@callbox/client";
import { useBlocks } from "@callbox/client/data";
import { account as words } from "../messages/account.js";
import { Card } from "./card.js";
import { List } from "./list.js";
import { Row } from "./row.js";
import { day, useShown } from "./session.js";

export function Blocked() {
  const blocks = useBlocks();
  const pages = useShown(blocks);
  const { title, none } = words.blocked;
  return (
    <Card title={title}>
      <List pages={pages} none={none} label={title}>
        {(block) => <Block key={block.id} block={block} onLift={() => blocks.unblock(block.id)} />}
      </List>
    </Card>
  );
}

function Block({ block, onLift }: { block: BlockItem; onLift: () => Promise<void> }) {
  const { unnamed, line, lift, liftLabel } = words.blocked;
  const name = block.name || unnamed;
  return <Row title={name} facts={line(day(block.at))} action={{ go: lift, label: liftLabel(name), work: onLift }} />;
}
