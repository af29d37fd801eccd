/**
 * The pages that links lead to: an address is confirmed, a password set anew, the first admin made.
 *
 * A link is spent by the press of a button and never by opening its page: programs that look through mails open links too.
 */
import type { Change } from "@callbox/client";
import { useState } from "preact/hooks";
import { Email, Password } from "../components/field.js";
import { TaskForm } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { Frame } from "./frame.js";
import { client, takeSecret } from "./session.js";
import { Next } from "./states.js";

/** For a person who came without the link. */
function NoLink({ title }: { title: string }) {
  return <Frame name="no-link" title={title} lead={words.noLink} />;
}

/** It worked; where to go on, as an address and its words. */
function Done(props: { name: string; title: string; lead: string; next: [string, string]; beside?: [string, string] }) {
  const { next, beside, ...frame } = props;
  return (
    <Frame {...frame}>
      <div class="choices">
        <Next href={next[0]}>{next[1]}</Next>
        {beside && (
          <Next href={beside[0]} kind="quiet">
            {beside[1]}
          </Next>
        )}
      </div>
    </Frame>
  );
}

export function VerifyPage() {
  return takeSecret() === "" ? <NoLink title={words.verify.title} /> : <Verify />;
}

function Verify() {
  const [isOurs, setOurs] = useState<boolean | null>(null);
  const { title, lead, go, done, doneElsewhere, next } = words.verify;
  if (isOurs !== null) {
    return <Done name="verified" title={title} lead={isOurs ? done : doneElsewhere} next={["/account", next]} beside={["/call", words.call]} />;
  }
  return (
    <Frame name="verify" title={title} lead={lead}>
      <TaskForm
        go={go}
        work={() =>
          client()
            .account.verify(takeSecret())
            .then((user) => setOurs(user !== null))
        }
      />
    </Frame>
  );
}

export function ApprovePage() {
  return takeSecret() === "" ? <NoLink title={words.approve.title} /> : <Approve />;
}

function Approve() {
  const [change, setChange] = useState<Change | null>(null);
  const { title, lead, go, done, next } = words.approve;
  if (change !== null) return <Done name="approved" title={title} lead={done(words.approve.changes[change])} next={["/account", next]} />;
  return (
    <Frame name="approve" title={title} lead={lead}>
      <TaskForm go={go} work={() => client().account.approve(takeSecret()).then(setChange)} />
    </Frame>
  );
}

export function ResetPage() {
  const [password, setPassword] = useState("");
  const [isDone, setDone] = useState(false);
  const { title, lead, hint, go, done, next } = words.reset;
  if (takeSecret() === "") return <NoLink title={title} />;
  if (isDone) return <Done name="reset-done" title={title} lead={done} next={["/sign-in", next]} />;
  const set = async () => {
    await client().account.resetPassword({ token: takeSecret(), password });
    setDone(true);
  };
  return (
    <Frame name="reset" title={title} lead={lead}>
      <TaskForm go={go} work={set}>
        <Password label={words.reset.password} value={password} onInput={setPassword} hint={hint} isNew isRequired />
      </TaskForm>
    </Frame>
  );
}

export function SetupPage() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [isDone, setDone] = useState(false);
  const { title, lead, hint, go, done, next } = words.setup;
  if (takeSecret() === "") return <NoLink title={title} />;
  if (isDone) return <Done name="setup-done" title={title} lead={done} next={["/account", next]} beside={["/moderation", words.moderation]} />;
  const make = async () => {
    await client().account.setUp({ token: takeSecret(), email, password });
    setDone(true);
  };
  return (
    <Frame name="setup" title={title} lead={lead}>
      <TaskForm go={go} work={make}>
        <Email label={words.setup.email} value={email} onInput={setEmail} isRequired />
        <Password label={words.setup.password} value={password} onInput={setPassword} hint={hint} isNew isRequired />
      </TaskForm>
    </Frame>
  );
}
