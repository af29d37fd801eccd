/**
 * The link of an invite: to be read, copied or shared.
 */
import { useRef, useState } from "preact/hooks";
import { words } from "../messages.js";

/** `isMain`: nothing else on the screen is more likely to be pressed. */
export function InviteLink(props: { url: string; isMain: boolean }) {
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
    <div class="invite-link">
      <label for="invite-link">{words.waiting.link}</label>
      <input ref={field} id="invite-link" type="text" readOnly value={props.url} onFocus={(event) => event.currentTarget.select()} />
      <div class="choices">
        <button type="button" class={props.isMain ? "main" : "quiet"} onClick={() => void copy()}>
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

/** A person who closes the browser's sharing sheet without sharing has changed their mind; that is no error. */
const share = (url: string) => navigator.share({ title: words.product, text: words.waiting.shareText, url }).catch(() => undefined);
