/**
 * A button that starts something the person waits for.
 *
 * While one thing is under way the others are marked as unavailable, but stay in place and keep the focus: a
 * button that is really disabled would drop it.
 */
import type { ComponentChildren } from "preact";
import { isBusy } from "../page.js";

export function Action(props: { kind: "main" | "quiet"; isDisabled?: boolean; onClick: () => unknown; children: ComponentChildren }) {
  const isDisabled = isBusy.value || props.isDisabled === true;
  return (
    <button type="button" class={props.kind} aria-disabled={isDisabled} onClick={() => !isDisabled && void props.onClick()}>
      {props.children}
    </button>
  );
}
