/**
 * A form that does one thing: it says while it is under way, what went wrong, and that it is done.
 *
 * The browser's own checks come first. While the work runs a second press does nothing, and the button keeps the focus.
 */
import { CallboxError } from "@callbox/client";
import type { BanNotice, CallboxErrorCode } from "@callbox/client";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { accountFault } from "../messages/faults.js";
import { BanDetails } from "./ban-notice.js";

type Fault = { code: CallboxErrorCode; message: string; ban?: BanNotice | undefined } | null;

/** An error in words. Those that name a fault in the typed text come from the server. */
function inWords({ code, message }: { code: CallboxErrorCode; message: string }): string {
  return code === "bad_request" || code === "conflict" || code === "proof_required" ? message : accountFault(code);
}

/** Runs one thing at a time, and keeps what became of it. */
export function useTask() {
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const [fault, setFault] = useState<Fault>(null);
  const run = async (work: () => Promise<unknown>) => {
    if (isBusy) return;
    setBusy(true);
    setDone(false);
    setFault(null);
    try {
      await work();
      setDone(true);
    } catch (error) {
      if (!(error instanceof CallboxError)) console.error(error);
      setFault(error instanceof CallboxError ? error : { code: "internal", message: "" });
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, isDone, fault, run };
}

export function Said(props: { fault: Fault; done?: string | false | undefined }) {
  return (
    <>
      {props.fault && (
        <p class="refusal" role="alert">
          {inWords(props.fault)}
        </p>
      )}
      {props.fault?.ban && <BanDetails notice={props.fault.ban} />}
      <p class="done" role="status">
        {props.done || ""}
      </p>
    </>
  );
}

/** `kind`: how the button looks. `beside`: more buttons in its line. */
export function TaskForm(props: {
  go: string;
  done?: string;
  kind?: "main" | "quiet" | "grave";
  isDisabled?: boolean;
  work: () => Promise<unknown>;
  children?: ComponentChildren;
  beside?: ComponentChildren;
}) {
  const { isBusy, isDone, fault, run } = useTask();
  const isDisabled = isBusy || props.isDisabled === true;
  return (
    <form
      class="task"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isDisabled) void run(props.work);
      }}
    >
      {props.children}
      <div class="choices">
        <button type="submit" class={props.kind ?? "main"} aria-disabled={isDisabled}>
          {props.go}
        </button>
        {props.beside}
      </div>
      <Said fault={fault} done={isDone && props.done} />
    </form>
  );
}
