/**
 * The people whom one does not want to meet again, and the way to change one's mind.
 */
import type { BlockItem } from "@callbox/client";
import { Said, useTask } from "../parts/task.js";
import { account as words } from "../words/account.js";
import { Card } from "./card.js";
import { List } from "./list.js";
import { client, day, usePages } from "./session.js";

export function Blocked() {
  const pages = usePages<BlockItem>((before) => client().history.blocks(before ? { before } : {}));
  const { title, none } = words.blocked;
  return (
    <Card title={title}>
      <List pages={pages} none={none} label={title}>
        {(block) => <Row key={block.id} block={block} onLifted={() => pages.remove(({ id }) => id === block.id)} />}
      </List>
    </Card>
  );
}

function Row({ block, onLifted }: { block: BlockItem; onLifted: () => void }) {
  const { isBusy, fault, run } = useTask();
  const { unnamed, line, lift, liftLabel } = words.blocked;
  const name = block.name || unnamed;
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <p class="hint">{line(day(block.at))}</p>
        <Said fault={fault} />
      </div>
      <button type="button" class="quiet" aria-label={liftLabel(name)} aria-disabled={isBusy} onClick={() => void run(() => client().history.unblock(block.id).then(onLifted))}>
        {lift}
      </button>
    </li>
  );
}
