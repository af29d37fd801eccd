/**
 * A form that does one thing: it says while it is under way, what went wrong, and that it is done.
 *
 * The browser's own checks come first. While the work goes on a second press does nothing, and the button keeps the focus.
 */
import { CallboxError } from "@callbox/client";
import type { CallboxErrorCode } from "@callbox/client";
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { faults } from "../words/faults.js";

type Fault = { code: CallboxErrorCode; message: string } | null;

/** What one can say of an error. Those that name what is wrong with what was typed come from the server. */
function inWords({ code, message }: { code: CallboxErrorCode; message: string }): string {
  return code === "bad_request" || code === "conflict" ? message : (faults[code] ?? faults.other);
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

/** A field with its label, and a hint below it. */
export function Field(props: {
  label: string;
  type?: "text" | "email" | "password";
  value: string;
  onInput: (value: string) => void;
  autocomplete?: string;
  hint?: string;
  isRequired?: boolean;
  /** What the browser checks by itself. */
  limits?: { minLength?: number; maxLength?: number; pattern?: string };
}) {
  const id = useId();
  const { label, type = "text", value, onInput, hint } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        // The types know an input of one type at a time; what we set fits all three.
        type={type as "text"}
        value={value}
        autocomplete={props.autocomplete ?? "off"}
        required={props.isRequired === true}
        {...props.limits}
        {...(hint && { "aria-describedby": `${id}-hint` })}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** A password is what its browser offers to make up and to keep. */
export function Password(props: { label: string; value: string; onInput: (value: string) => void; isNew?: boolean; isRequired?: boolean; hint?: string }) {
  const { isNew = false, ...rest } = props;
  const limits = { maxLength: 256, ...(isNew && { minLength: 8 }) };
  return <Field type="password" autocomplete={isNew ? "new-password" : "current-password"} limits={limits} {...rest} />;
}

export function Email(props: { label: string; value: string; onInput: (value: string) => void; isRequired?: boolean; hint?: string }) {
  return <Field type="email" autocomplete="email" limits={{ maxLength: 254 }} {...props} />;
}
