/**
 * A complaint about the other person: why, in one's own words, and the chat's last lines if one agrees.
 */
import { REPORT_NOTE_CHARS_MAX } from "@callbox/client";
import type { ReportReason } from "@callbox/client";
import { useVideoChat } from "@callbox/client/react";
import { useState } from "preact/hooks";
import { lastCall, report } from "../page.js";
import { words } from "../messages.js";
import { Action } from "./action.js";
import { Dialog } from "./dialog.js";
import { Refusal } from "./refusal.js";

const reasons = Object.entries(words.report.reasons) as [ReportReason, string][];

export function Report() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="quiet" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {words.report.go}
      </button>
      {isOpen && (
        <Dialog title={words.report.title} onClose={() => setOpen(false)}>
          {lastCall.value?.said === "reported" ? <p role="status">{words.report.done}</p> : <Form />}
        </Dialog>
      )}
    </>
  );
}

function Form() {
  const { chat } = useVideoChat();
  const [reason, setReason] = useState<ReportReason | null>(null);
  const [note, setNote] = useState("");
  const [sendsChat, setSendsChat] = useState(false);
  const { lead, reason: reasonWord, note: noteWord, chat: chatWord, send } = words.report;
  return (
    <form class="report" onSubmit={(event) => event.preventDefault()}>
      <p class="hint">{lead}</p>
      <fieldset>
        <legend>{reasonWord}</legend>
        {reasons.map(([name, text]) => (
          <label class="check" key={name}>
            <input type="radio" name="reason" value={name} checked={reason === name} onChange={() => setReason(name)} />
            {text}
          </label>
        ))}
      </fieldset>
      <label for="report-note">{noteWord}</label>
      <textarea id="report-note" rows={3} maxLength={REPORT_NOTE_CHARS_MAX} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      {chat.length > 0 && (
        <label class="check">
          <input type="checkbox" checked={sendsChat} onChange={(event) => setSendsChat(event.currentTarget.checked)} />
          {chatWord}
        </label>
      )}
      <Refusal />
      <Action kind="main" isDisabled={reason === null} onClick={() => (reason === null ? Promise.resolve() : report(reason, note.trim(), sendsChat))}>
        {send}
      </Action>
    </form>
  );
}
