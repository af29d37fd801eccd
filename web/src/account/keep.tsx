/**
 * From a guest to an account: an address, and a password if they like one.
 */
import { useState } from "preact/hooks";
import { Email, Password } from "../components/field.js";
import { TaskForm } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { Card } from "./card.js";
import { Services } from "./services.js";
import { client } from "./session.js";

export function Keep() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { title, lead, go, done } = words.keep;
  const send = () => client().account.setEmail(password === "" ? { email } : { email, password });
  return (
    <Card title={title} lead={lead}>
      <TaskForm go={go} done={done(email)} work={send}>
        <Email label={words.keep.email} value={email} onInput={setEmail} isRequired />
        <Password label={words.keep.password} value={password} onInput={setPassword} hint={words.keep.passwordHint} isNew />
      </TaskForm>
      <Services />
      <a class="aside" href="/sign-in">
        {words.keep.have}
      </a>
    </Card>
  );
}
