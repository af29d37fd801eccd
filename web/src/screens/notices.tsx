/**
 * Screens that only inform: on the way back to a call, no server, open elsewhere, banned, no browser for calls.
 */
import { Action } from "../components/action.js";
import { ScreenFrame } from "../components/screen.js";
import { BanDetails } from "../components/ban-notice.js";
import { back, ban, tryAgain } from "../page.js";
import { words } from "../messages.js";

export function Offline() {
  const { title, lead, again } = words.offline;
  return (
    <ScreenFrame name="offline" title={title}>
      <p class="lead">{lead}</p>
      <Action kind="main" onClick={tryAgain}>
        {again}
      </Action>
    </ScreenFrame>
  );
}

export function Returning() {
  const { title, lead } = words.returning;
  return (
    <ScreenFrame name="returning" title={title}>
      <p class="lead" role="status">
        {lead}
      </p>
    </ScreenFrame>
  );
}

export function Elsewhere() {
  const { title, lead, here } = words.elsewhere;
  return (
    <ScreenFrame name="elsewhere" title={title}>
      <p class="lead">{lead}</p>
      <Action kind="main" onClick={back}>
        {here}
      </Action>
    </ScreenFrame>
  );
}

export function Banned() {
  const { title, lead } = words.banned;
  return (
    <ScreenFrame name="banned" title={title}>
      <p class="lead">{lead}</p>
      {ban.value !== null && <BanDetails notice={ban.value} />}
    </ScreenFrame>
  );
}

export function Unsupported() {
  const { title, lead } = words.unsupported;
  return (
    <ScreenFrame name="unsupported" title={title}>
      <p class="lead">{lead}</p>
    </ScreenFrame>
  );
}
