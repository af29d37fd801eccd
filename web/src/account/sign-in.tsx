/**
 * `/sign-in`: by password, or by a link in a mail, which leads here too.
 */
import { useState } from "preact/hooks";
import { Email, Password } from "../components/field.js";
import { Said, TaskForm, useTask } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { Frame } from "./frame.js";
import { Services } from "./services.js";
import { client, takeSecret } from "./session.js";

const enter = () => location.assign("/account");

export function SignInPage() {
  return takeSecret() === "" ? <Form /> : <ByLink />;
}

/** A press of a button, since programs that look through mails open links too. */
function ByLink() {
  const { title, linkLead, linkGo, otherWay } = words.signIn;
  return (
    <Frame name="sign-in-link" title={title} lead={linkLead}>
      <TaskForm go={linkGo} work={() => client().account.redeem(takeSecret()).then(enter)} />
      <a class="aside" href="/sign-in">
        {otherWay}
      </a>
    </Frame>
  );
}

function Form() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { title, lead, go, link, linkDone, reset, resetDone, ...labels } = words.signIn;
  return (
    <Frame name="sign-in" title={title} lead={lead}>
      <TaskForm go={go} work={() => client().account.signIn({ email, password }).then(enter)}>
        <Email label={labels.email} value={email} onInput={setEmail} isRequired />
        <Password label={labels.password} value={password} onInput={setPassword} isRequired />
      </TaskForm>
      <Mailed go={link} done={linkDone} email={email} send={() => client().account.sendLink(email)} />
      <Mailed go={reset} done={resetDone} email={email} send={() => client().account.sendReset(email)} />
      <Services />
    </Frame>
  );
}

/** A mail to the address that is in the form above. */
function Mailed(props: { go: string; done: string; email: string; send: () => Promise<void> }) {
  const { isBusy, isDone, fault, run } = useTask();
  const [isMissing, setMissing] = useState(false);
  const send = () => {
    setMissing(props.email === "");
    if (props.email !== "") void run(props.send);
  };
  return (
    <div class="task">
      <button type="button" class="quiet" aria-disabled={isBusy} onClick={send}>
        {props.go}
      </button>
      {isMissing && props.email === "" && (
        <p class="refusal" role="alert">
          {words.signIn.emailNeeded}
        </p>
      )}
      <Said fault={fault} done={isDone && props.done} />
    </div>
  );
}
