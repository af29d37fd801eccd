/**
 * A button that starts something the person waits for.
 *
 * While one thing is under way the others are marked as unavailable, but stay in place and keep the focus: a
 * button that is really disabled would drop it.
 */
import type { ComponentChildren } from "preact";
import { isBusy } from "../session.js";

export function Action(props: { kind: "main" | "quiet"; onClick: () => void; children: ComponentChildren }) {
  return (
    <button type="button" class={props.kind} aria-disabled={isBusy.value} onClick={props.onClick}>
      {props.children}
    </button>
  );
}
