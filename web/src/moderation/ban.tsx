/**
 * A ban: of what, for how long, and why.
 */
import { BAN_REASON_CHARS_MAX } from "@callbox/client";
import type { BanScope } from "@callbox/client";
import { useId, useState } from "preact/hooks";
import { client } from "../account/session.js";
import { Dialog } from "../components/dialog.js";
import { TaskForm } from "../components/task.js";
import { Within } from "../components/within.js";
import { moderation as words } from "../messages/moderation.js";

const SCOPES: BanScope[] = ["user", "device", "address"];

/** `path`: where the ban is asked for, by a report or by its user. */
export function BanDialog(props: { path: string; name: string; onClose: () => void; onDone: () => void }) {
  // A guest who is banned alone is a new guest with the next click. An address is many people's.
  const [scopes, setScopes] = useState<readonly BanScope[]>(["user", "device"]);
  const [days, setDays] = useState("7");
  const [told, setTold] = useState("");
  const [reason, setReason] = useState("");
  const id = useId();
  const { title, lead, go, lengths, ...labels } = words.ban;
  const ban = async () => {
    await client().login.ask("POST", props.path, { scopes, reason, told, ...(days === "" ? {} : { days: Number(days) }) });
    props.onClose();
    props.onDone();
  };
  const toggle = (scope: BanScope) => setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  return (
    <Dialog title={<Within sentence={title}>{props.name}</Within>} onClose={props.onClose}>
      <TaskForm go={go} kind="grave" isDisabled={scopes.length === 0} work={ban}>
        <p class="hint">{lead}</p>
        <fieldset>
          <legend>{labels.scopes}</legend>
          {SCOPES.map((scope) => (
            <label class="check" key={scope}>
              <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
              {labels.scope[scope]}
            </label>
          ))}
        </fieldset>
        <div class="field">
          <label for={`${id}-days`}>{labels.days}</label>
          <select id={`${id}-days`} value={days} onChange={(event) => setDays(event.currentTarget.value)}>
            {lengths.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for={`${id}-told`}>{labels.told}</label>
          <textarea id={`${id}-told`} rows={2} maxLength={BAN_REASON_CHARS_MAX} value={told} onInput={(event) => setTold(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for={`${id}-reason`}>{labels.reason}</label>
          <textarea id={`${id}-reason`} rows={2} maxLength={BAN_REASON_CHARS_MAX} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </div>
      </TaskForm>
    </Dialog>
  );
}
