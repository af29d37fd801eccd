/**
 * `/account`: who one is here, and all that one may do about it. Guests have one too.
 */
import { CallboxProvider } from "@callbox/client/react";
import { useEffect, useState } from "preact/hooks";
import { account as words } from "../messages/account.js";
import { Address } from "./address.js";
import { Blocked } from "./blocked.js";
import { Data } from "./data.js";
import { Frame } from "./frame.js";
import { History } from "./history.js";
import { Identities } from "./identities.js";
import { Keep } from "./keep.js";
import { LoginsCard } from "./logins.js";
import { ProfileCard } from "./profile.js";
import { client, readAccount, useWait } from "./session.js";
import { Failed, Loading, Next } from "./states.js";

export function AccountPage() {
  const [wait, again] = useWait(readAccount);
  const [isDeleted, setDeleted] = useState(false);
  const isThere = wait.state === "there" && wait.data !== null;
  // The lists below are told what changes, whoever changes it; and the page, that its login ended elsewhere.
  useEffect(() => {
    if (!isThere) return;
    void client().observe();
    return client().on("error", ({ code }) => void ((code === "unauthenticated" || code === "banned") && again()));
  }, [isThere]);
  if (wait.state === "loading") return <Loading title={words.title} />;
  if (wait.state === "failed") return <Failed title={words.title} error={wait.error} onAgain={again} />;
  if (wait.data === null) return <Nobody isDeleted={isDeleted} />;
  const account = wait.data;
  const isGuest = account.email === null;
  const leave = () => void again();
  return (
    <Frame name="account" title={words.title} isWide>
      <p class="choices">
        <a class="button main" href="/call">
          {words.call}
        </a>
        {account.role !== "user" && (
          <a class="button quiet" href="/moderation">
            {words.moderation}
          </a>
        )}
      </p>
      <div class="cards">
        {isGuest ? <Keep /> : <Address account={account} onChange={leave} />}
        <ProfileCard profile={account.profile} />
        {!isGuest && <Identities account={account} />}
        <CallboxProvider client={client()}>
          <LoginsCard isGuest={isGuest} onLeft={leave} />
          <History />
          <Blocked />
        </CallboxProvider>
        <Data
          account={account}
          onDeleted={() => {
            setDeleted(true);
            leave();
          }}
        />
      </div>
    </Frame>
  );
}

function Nobody({ isDeleted }: { isDeleted: boolean }) {
  const { lead, signIn, guest } = words.nobody;
  return (
    <Frame name="nobody" title={words.title} lead={isDeleted ? words.data.deleted : lead}>
      <div class="choices">
        <Next href="/sign-in">{signIn}</Next>
        <Next href="/call" kind="quiet">
          {guest}
        </Next>
      </div>
    </Frame>
  );
}
