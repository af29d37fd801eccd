/**
 * The address and the password of an account.
 */
import type { Account } from "@callbox/client";
import { useState } from "preact/hooks";
import { Email, Password } from "../parts/field.js";
import { TaskForm } from "../parts/task.js";
import { account as words } from "../words/account.js";
import { Card } from "./card.js";
import { client } from "./session.js";

export function Address({ account, onChange }: { account: Account; onChange: () => void }) {
  const [email, setEmail] = useState("");
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const { title, now, change, done, hint, set, setDone, ...labels } = words.address;
  const setPassword = async () => {
    await client().account.changePassword(account.has_password ? { current, new: next } : { new: next });
    setCurrent("");
    setNext("");
    onChange();
  };
  return (
    <Card title={title} lead={now(account.email ?? "")}>
      <TaskForm go={change} kind="quiet" done={done(email)} work={() => client().account.setEmail({ email })}>
        <Email label={labels.email} value={email} onInput={setEmail} isRequired />
      </TaskForm>
      <TaskForm go={set} kind="quiet" done={setDone} work={setPassword}>
        {account.has_password && <Password label={labels.current} value={current} onInput={setCurrent} isRequired />}
        <Password label={labels.new} value={next} onInput={setNext} hint={hint} isNew isRequired />
      </TaskForm>
    </Card>
  );
}
