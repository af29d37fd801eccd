/**
 * `/oidc`: where other services send the browser back to, and where the mail's link leads that lets one open an account.
 */
import type { Account, OidcFinished } from "@callbox/client";
import { useState } from "preact/hooks";
import { TaskForm } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { Frame } from "./frame.js";
import { useProof } from "./proof.js";
import { client, takeQuery, takeSecret, useWait } from "./session.js";
import { Failed, Loading, Next } from "./states.js";

export function OidcPage() {
  const { state, code, iss, error } = takeQuery();
  const { title, failed, begin, denied, refused } = words.oidc;
  if (takeSecret() !== "") return <ByMail token={takeSecret()} />;
  if (error !== undefined) return <Back name="refused" title={failed} lead={error === "access_denied" ? denied : refused} />;
  if (state === undefined || code === undefined) return <Back name="no-sign-in" title={title} lead={begin} />;
  return <Finish back={{ state, code, ...(iss === undefined ? {} : { iss }) }} />;
}

/** There is nothing to do here. */
function Back(props: { name: string; title: string; lead: string }) {
  return (
    <Frame {...props}>
      <div class="choices">
        <Next href="/sign-in">{words.oidc.back}</Next>
      </div>
    </Frame>
  );
}

function Finish({ back }: { back: { state: string; code: string; iss?: string } }) {
  const [wait] = useWait(async () => {
    const finished = await client().account.finishOidc(back);
    // Instead of this page: its address is good for nothing any more.
    if (finished.outcome === "signed_in") location.replace("/account");
    return finished;
  });
  const { title, working, failed, mailedTitle, mailed } = words.oidc;
  if (wait.state === "failed") {
    return (
      <Failed title={failed} error={wait.error}>
        <Next href="/sign-in">{words.oidc.back}</Next>
      </Failed>
    );
  }
  if (wait.state === "loading" || wait.data.outcome === "signed_in") return <Loading title={title} lead={working} />;
  if (wait.data.outcome === "mailed") return <Back name="mailed" title={mailedTitle} lead={mailed} />;
  return <Confirm asked={wait.data} />;
}

type Asked = OidcFinished & { outcome: "confirm" };

/** The proof that the account is theirs depends on the account. */
function Confirm({ asked }: { asked: Asked }) {
  const [wait, again] = useWait(() => client().account.read());
  const { confirmTitle } = words.oidc;
  if (wait.state === "loading") return <Loading title={confirmTitle(asked.provider)} />;
  if (wait.state === "failed") return <Failed title={confirmTitle(asked.provider)} error={wait.error} onAgain={again} />;
  return <ConfirmForm asked={asked} account={wait.data} />;
}

function ConfirmForm({ asked: { provider, email }, account }: { asked: Asked; account: Account }) {
  const { field, proof } = useProof(account, "identities");
  const [isDone, setDone] = useState(false);
  const { confirmTitle, confirm, confirmGo, confirmed, cancel, title } = words.oidc;
  if (isDone) return <Linked title={title} lead={confirmed(provider)} />;
  return (
    <Frame name="confirm" title={confirmTitle(provider)} lead={confirm(provider, email)}>
      <TaskForm
        go={confirmGo(provider)}
        work={() =>
          client()
            .account.confirmOidc(proof)
            .then(() => setDone(true))
        }
        beside={
          <Next href="/account" kind="quiet">
            {cancel}
          </Next>
        }
      >
        {field}
      </TaskForm>
    </Frame>
  );
}

/** A press of a button, since programs that look through mails open links too. */
function ByMail({ token }: { token: string }) {
  const [isDone, setDone] = useState(false);
  const { linkTitle, linkLead, linkGo, linkedTitle, linked } = words.oidc;
  if (isDone) return <Linked title={linkedTitle} lead={linked} />;
  return (
    <Frame name="link" title={linkTitle} lead={linkLead}>
      <TaskForm
        go={linkGo}
        work={() =>
          client()
            .account.redeemOidc(token)
            .then(() => setDone(true))
        }
      />
    </Frame>
  );
}

function Linked(props: { title: string; lead: string }) {
  return (
    <Frame name="linked" {...props}>
      <div class="choices">
        <Next href="/account">{words.oidc.account}</Next>
      </div>
    </Frame>
  );
}
