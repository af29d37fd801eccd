/**
 * `/moderation`: what people complained about, with its context, and what is to be done about it.
 */
import { useState } from "preact/hooks";
import { Frame } from "../account/frame.js";
import { readAccount, useWait } from "../account/session.js";
import { Failed, Loading, Next } from "../account/states.js";
import { moderation as words } from "../messages/moderation.js";
import { Acts } from "./acts.js";
import { Bans } from "./bans.js";
import { People } from "./people.js";
import { Reports } from "./reports.js";

const VIEWS = ["open", "dismissed", "banned", "bans", "people", "acts"] as const;

export function ModerationPage() {
  const [wait, again] = useWait(readAccount);
  const [view, setView] = useState<(typeof VIEWS)[number]>("open");
  if (wait.state === "loading") return <Loading title={words.title} />;
  if (wait.state === "failed") return <Failed title={words.title} error={wait.error} onAgain={again} />;
  if (wait.data === null || wait.data.role === "user") {
    return (
      <Frame name="not-a-moderator" title={words.not.title} lead={words.not.lead}>
        <div class="choices">
          <Next href="/sign-in">{words.not.signIn}</Next>
        </div>
      </Frame>
    );
  }
  return (
    <Frame name="moderation" title={words.title} isWide>
      <div class="views" role="group" aria-label={words.views.label}>
        {VIEWS.map((name) => (
          <button key={name} type="button" class="chip" aria-pressed={view === name} onClick={() => setView(name)}>
            {words.views[name]}
          </button>
        ))}
      </div>
      {view === "bans" && <Bans />}
      {view === "people" && <People isAdmin={wait.data.role === "admin"} />}
      {view === "acts" && <Acts />}
      {(view === "open" || view === "dismissed" || view === "banned") && <Reports key={view} status={view} />}
    </Frame>
  );
}
