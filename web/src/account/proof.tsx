/**
 * The proof that a change of an account is its owner's: the password, or a mail that asks the mailbox for a yes.
 */
import type { Account, Change } from "@callbox/client";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Password } from "../components/field.js";
import { Said, useTask } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { client } from "./session.js";

export interface UseProof {
  /** To be shown in the form of the change; nothing for guests. */
  readonly field: ComponentChildren;
  /** The proof that is sent with the change. */
  readonly proof: { password?: string };
  readonly clear: () => void;
}

/** For one kind of change. */
export function useProof(account: Account, change: Change): UseProof {
  const [password, setPassword] = useState("");
  const [hasAsked, setAsked] = useState(false);
  const { labels, recent } = words.proof;
  const clear = () => setPassword("");
  const proof = password === "" ? {} : { password };
  if (account.proof === "nothing") return { field: null, proof, clear };
  if (account.proof === "sign_in") return { field: <p class="hint">{recent}</p>, proof, clear };
  const field = (
    <>
      {account.proof === "password" && <Password label={labels[change]} value={password} onInput={setPassword} isRequired={!hasAsked} />}
      <Mailbox change={change} isOnly={account.proof === "mailbox"} onAsked={() => setAsked(true)} />
    </>
  );
  return { field, proof, clear };
}

function Mailbox({ change, isOnly, onAsked }: { change: Change; isOnly: boolean; onAsked: () => void }) {
  const { isBusy, isDone, fault, run } = useTask();
  const { lead, ask, forgot, asked } = words.proof;
  return (
    <div class="field">
      {isOnly && <p class="hint">{lead}</p>}
      <button type="button" class="quiet" aria-disabled={isBusy} onClick={() => void run(() => client().account.askApproval(change).then(onAsked))}>
        {isOnly ? ask : forgot}
      </button>
      <Said fault={fault} done={isDone && asked} />
    </div>
  );
}
