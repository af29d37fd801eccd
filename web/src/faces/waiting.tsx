/**
 * Waiting, for a stranger or for the other seat of an invite: how long, what for, and the way out.
 */
import { useVideoChat } from "@callbox/client/react";
import { useRef, useState } from "preact/hooks";
import { Action } from "../parts/action.js";
import { Block } from "../parts/block.js";
import { FaceFrame } from "../parts/face.js";
import { Preview } from "../parts/preview.js";
import { Refusal } from "../parts/refusal.js";
import { clock, useSeconds } from "../parts/seconds.js";
import { cancel, ownInvite, makeInvite, wasLeft } from "../page.js";
import { words } from "../words.js";

function InviteLink(props: { url: string }) {
  const [isCopied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const copy = () =>
    navigator.clipboard.writeText(props.url).then(
      () => setCopied(true),
      // Not allowed: the link is selected instead, ready to be copied by hand.
      () => field.current?.select(),
    );
  const canShare = typeof navigator.share === "function";
  return (
    <div class="link">
      <label for="invite-link">{words.waiting.link}</label>
      <input ref={field} id="invite-link" type="text" readOnly value={props.url} onFocus={(event) => event.currentTarget.select()} />
      <div class="choices">
        <button type="button" class="main" onClick={() => void copy()}>
          {words.waiting.copy}
        </button>
        {canShare && (
          <button type="button" class="quiet" onClick={() => void share(props.url)}>
            {words.waiting.share}
          </button>
        )}
      </div>
      <p role="status">{isCopied ? words.waiting.copied : ""}</p>
    </div>
  );
}

/** Whoever closes the browser's sharing sheet without sharing has changed their mind; that is no error. */
const share = (url: string) => navigator.share({ title: words.product, text: words.waiting.shareText, url }).catch(() => undefined);

/** Whoever shares no interest is met after 3 s, whom one met before after 15 s: then there is nobody. */
const LONELY_S = 20;

export function Waiting() {
  const { state } = useVideoChat();
  const [begun] = useState(() => Date.now());
  const seconds = useSeconds(state.name === "queued" ? state.since : begun);
  const isInvite = state.name === "queued" && state.kind === "invite";
  const isLonely = !isInvite && seconds >= LONELY_S;
  const { title, lead, lonelyTitle, lonelyLead, inviteTitle, inviteLead, joinLead, elapsed, requeued, instead, cancel: cancelWord } = words.waiting;
  const url = isInvite ? ownInvite.value?.url : undefined;
  return (
    <FaceFrame name="waiting" title={isInvite ? inviteTitle : isLonely ? lonelyTitle : title}>
      <Preview />
      <div class="side">
        <p class="lead">{url ? inviteLead : isInvite ? joinLead : isLonely ? lonelyLead : lead}</p>
        <p role="status">{wasLeft.value ? requeued : ""}</p>
        {url && <InviteLink url={url} />}
        <p class="elapsed">
          <span class="pulse" aria-hidden="true" /> {elapsed(clock(seconds))}
        </p>
        <Refusal />
        {!isInvite && (
          <Action kind={isLonely ? "main" : "quiet"} onClick={makeInvite}>
            {instead}
          </Action>
        )}
        <button type="button" class="quiet" onClick={cancel}>
          {cancelWord}
        </button>
        {!isInvite && <Block />}
      </div>
    </FaceFrame>
  );
}
