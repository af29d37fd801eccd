/**
 * The common states of every page around accounts: it loads, it failed, go on there.
 */
import type { CallboxError } from "@callbox/client";
import type { ComponentChildren } from "preact";
import { Said } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { Frame } from "./frame.js";

export function Loading({ title, lead = words.loading }: { title: string; lead?: string }) {
  return (
    <Frame name="loading" title={title}>
      <p class="lead" role="status">
        {lead}
      </p>
    </Frame>
  );
}

/** With `onAgain` one may try once more. */
export function Failed(props: { title: string; error: CallboxError; onAgain?: () => unknown; children?: ComponentChildren }) {
  return (
    <Frame name="failed" title={props.title}>
      <Said fault={props.error} />
      <div class="choices">
        {props.onAgain && (
          <button type="button" class="main" onClick={() => void props.onAgain?.()}>
            {words.again}
          </button>
        )}
        {props.children}
      </div>
    </Frame>
  );
}

export function Next({ href, kind = "main", children }: { href: string; kind?: "main" | "quiet"; children: ComponentChildren }) {
  return (
    <a class={`button ${kind}`} href={href}>
      {children}
    </a>
  );
}
