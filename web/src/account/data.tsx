/**
 * All that is kept of somebody, as a file; and the end of it.
 */
import type { Account } from "@callbox/client";
import { useState } from "preact/hooks";
import { TaskForm } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { Card } from "./card.js";
import { useProof } from "./proof.js";
import { client } from "./session.js";

/** As a download: a link to the file, pressed once. */
async function download(): Promise<void> {
  const text = JSON.stringify(await client().account.export(), null, 2);
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: "callbox-export.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function Data({ account, onDeleted }: { account: Account; onDeleted: () => void }) {
  const { field, proof } = useProof(account, "deletion");
  const [isSure, setSure] = useState(false);
  const { title, lead, exported, deleteTitle, deleteLead, sure, ...labels } = words.data;
  const end = async () => {
    await client().account.delete(proof);
    onDeleted();
  };
  return (
    <>
      <Card title={title} lead={lead}>
        <TaskForm go={labels.export} kind="quiet" done={exported} work={download} />
      </Card>
      <Card title={deleteTitle} lead={deleteLead}>
        <TaskForm go={labels.delete} kind="grave" isDisabled={!isSure} work={end}>
          {field}
          <label class="check">
            <input type="checkbox" checked={isSure} onChange={(event) => setSure(event.currentTarget.checked)} />
            {sure}
          </label>
        </TaskForm>
      </Card>
    </>
  );
}
