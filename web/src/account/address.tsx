/**
 * The address and the password of an account.
 */
import type { Account } from "@callbox/client";
import { useState } from "preact/hooks";
import { Email, Password } from "../components/field.js";
import { TaskForm } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { Card } from "./card.js";
import { useProof } from "./proof.js";
import { client } from "./session.js";

export function Address({ account, onChange }: { account: Account; onChange: () => void }) {
  const [email, setEmail] = useState("");
  const [next, setNext] = useState("");
  const forAddress = useProof(account, "address");
  const forPassword = useProof(account, "password");
  const { title, now, change, done, hint, set, setDone, ...labels } = words.address;
  const setAddress = () =>
    client()
      .account.setEmail({ email, ...forAddress.proof })
      .then(forAddress.clear);
  const setPassword = async () => {
    const { password: current } = forPassword.proof;
    await client().account.changePassword(current === undefined ? { new: next } : { current, new: next });
    forPassword.clear();
    setNext("");
    onChange();
  };
  return (
    <Card title={title} lead={now(account.email ?? "")}>
      <TaskForm go={change} kind="quiet" done={done(email)} work={setAddress}>
        <Email label={labels.email} value={email} onInput={setEmail} isRequired />
        {forAddress.field}
      </TaskForm>
      <TaskForm go={set} kind="quiet" done={setDone} work={setPassword}>
        {forPassword.field}
        <Password label={labels.new} value={next} onInput={setNext} hint={hint} isNew isRequired />
      </TaskForm>
    </Card>
  );
}
