/**
 * A line of a list: what it is, what there is to know of it, and at most one thing to do with it.
 */
import type { ComponentChildren } from "preact";
import { Said, useTask } from "../components/task.js";

interface Action {
  readonly go: string;
  /** As `go`, and with what; for a person who does not see which line the button is in. */
  readonly label: string;
  work(): Promise<unknown>;
}

export function Row(props: { title: ComponentChildren; facts: ComponentChildren; action?: Action | false }) {
  const { isBusy, fault, run } = useTask();
  const { title, facts, action } = props;
  return (
    <li>
      <div>
        <strong>
          <bdi>{title}</bdi>
        </strong>
        <p class="hint">{facts}</p>
        {action && <Said fault={fault} />}
      </div>
      {action && (
        <button type="button" class="quiet" aria-label={action.label} aria-disabled={isBusy} onClick={() => void run(() => action.work())}>
          {action.go}
        </button>
      )}
    </li>
  );
}
