/**
 * Fields of forms: a label, an input that the browser can fill in and check by itself, and a hint below it.
 */
import { useId } from "preact/hooks";

/** A field with its label, and a hint below it. */
export function Field(props: {
  label: string;
  type?: "text" | "email" | "password";
  value: string;
  onInput: (value: string) => void;
  autocomplete?: string;
  hint?: string;
  isRequired?: boolean;
  /** The limits that the browser checks by itself. */
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
