/**
 * People by what a moderator knows of them, and the way to ban one.
 */
import type { People as Found, PersonItem } from "@callbox/client";
import { useState } from "preact/hooks";
import { Row } from "../account/row.js";
import { client, day } from "../account/session.js";
import { Field } from "../components/field.js";
import { TaskForm } from "../components/task.js";
import { moderation as words } from "../messages/moderation.js";
import { BanDialog } from "./ban.js";

export function People({ isAdmin }: { isAdmin: boolean }) {
  const [search, setSearch] = useState("");
  const [found, setFound] = useState<readonly PersonItem[] | null>(null);
  const { label, hint, adminHint, go, none, results } = words.people;
  const ask = async () => setFound((await client().login.ask<Found>("GET", `moderation/people?search=${encodeURIComponent(search)}`)).items);
  return (
    <>
      <TaskForm go={go} work={ask}>
        <Field label={label} value={search} onInput={setSearch} hint={isAdmin ? adminHint : hint} isRequired limits={{ maxLength: 254 }} />
      </TaskForm>
      {found?.length === 0 && <p role="status">{none}</p>}
      {found !== null && found.length > 0 && (
        <ul class="rows" aria-label={results}>
          {found.map((person) => (
            <Person key={person.user} person={person} onBanned={ask} />
          ))}
        </ul>
      )}
    </>
  );
}

function Person({ person, onBanned }: { person: PersonItem; onBanned: () => Promise<void> }) {
  const [isBanning, setBanning] = useState(false);
  const { unnamed, since, times, isBanned, isHeld, ban, banLabel } = words.report;
  const name = person.name || unnamed;
  const facts = [
    person.role !== "user" && words.people.roles[person.role],
    since(day(person.created_at)),
    times(person.reports),
    person.is_banned && isBanned,
    person.is_held && isHeld,
    person.email,
    person.user,
  ].filter(Boolean);
  const work = () => Promise.resolve(setBanning(true));
  return (
    <>
      <Row title={name} facts={facts.join(" · ")} action={person.role === "user" && { go: ban, label: banLabel(name), work }} />
      {isBanning && <BanDialog path={`users/${person.user}/ban`} name={name} onClose={() => setBanning(false)} onDone={() => void onBanned()} />}
    </>
  );
}
