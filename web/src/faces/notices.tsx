/**
 * Faces that only tell: on the way back to a call, no server, open elsewhere, banned, no browser for calls.
 */
import { Action } from "../parts/action.js";
import { FaceFrame } from "../parts/face.js";
import { BanTold } from "../parts/ban-notice.js";
import { back, ban, tryAgain } from "../page.js";
import { words } from "../words.js";

export function Offline() {
  const { title, lead, again } = words.offline;
  return (
    <FaceFrame name="offline" title={title}>
      <p class="lead">{lead}</p>
      <Action kind="main" onClick={tryAgain}>
        {again}
      </Action>
    </FaceFrame>
  );
}

export function Returning() {
  const { title, lead } = words.returning;
  return (
    <FaceFrame name="returning" title={title}>
      <p class="lead" role="status">
        {lead}
      </p>
    </FaceFrame>
  );
}

export function Elsewhere() {
  const { title, lead, here } = words.elsewhere;
  return (
    <FaceFrame name="elsewhere" title={title}>
      <p class="lead">{lead}</p>
      <Action kind="main" onClick={back}>
        {here}
      </Action>
    </FaceFrame>
  );
}

export function Banned() {
  const { title, lead } = words.banned;
  return (
    <FaceFrame name="banned" title={title}>
      <p class="lead">{lead}</p>
      {ban.value !== null && <BanTold notice={ban.value} />}
    </FaceFrame>
  );
}

export function Unsupported() {
  const { title, lead } = words.unsupported;
  return (
    <FaceFrame name="unsupported" title={title}>
      <p class="lead">{lead}</p>
    </FaceFrame>
  );
}
