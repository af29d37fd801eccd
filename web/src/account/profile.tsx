/**
 * The form of one's own profile.
 */
import type { Profile } from "@callbox/client";
import { useId, useState } from "preact/hooks";
import { Field } from "../components/field.js";
import { TaskForm } from "../components/task.js";
import { account as words } from "../messages/account.js";
import { used } from "../monitor.js";
import { Card } from "./card.js";
import { client } from "./session.js";

const listed = (text: string) =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
const written = (list: readonly string[]) => list.join(", ");

export function ProfileCard({ profile }: { profile: Profile }) {
  const { title, lead, save, done, ...labels } = words.profile;
  const [name, setName] = useState(profile.name);
  const [bio, setBio] = useState(profile.bio);
  const [interests, setInterests] = useState(written(profile.interests));
  const [languages, setLanguages] = useState(written(profile.languages));
  const [country, setCountry] = useState(profile.country ?? "");
  const id = useId();
  const keep = async () => {
    const kept = await client().profile.set({
      name,
      bio,
      interests: listed(interests),
      languages: listed(languages),
      country: country.trim().toUpperCase() || null,
    });
    used("profile");
    setName(kept.name);
    setInterests(written(kept.interests));
    setLanguages(written(kept.languages));
    setCountry(kept.country ?? "");
  };
  return (
    <Card title={title} lead={lead}>
      <TaskForm go={save} done={done} work={keep}>
        <Field label={labels.name} value={name} onInput={setName} autocomplete="nickname" limits={{ maxLength: 40 }} />
        <div class="field">
          <label for={id}>{labels.bio}</label>
          <textarea id={id} rows={3} maxLength={500} value={bio} onInput={(event) => setBio(event.currentTarget.value)} />
        </div>
        <Field label={labels.interests} value={interests} onInput={setInterests} hint={labels.interestsHint} limits={{ maxLength: 400 }} />
        <div class="pair">
          <Field label={labels.languages} value={languages} onInput={setLanguages} hint={labels.languagesHint} limits={{ maxLength: 200 }} />
          <Field label={labels.country} value={country} onInput={setCountry} hint={labels.countryHint} autocomplete="country" limits={{ maxLength: 2, pattern: "[A-Za-z]{2}" }} />
        </div>
      </TaskForm>
    </Card>
  );
}
