/**
 * What went wrong last, in words, read out at once.
 */
import { problem } from "../session.js";
import { words } from "../words.js";

export function Refusal() {
  const code = problem.value;
  if (code === null) return null;
  const known: Record<string, string> = { ...words.refusals, ...words.camera.errors };
  return (
    <p class="refusal" role="alert">
      {known[code] ?? words.refusals.other}
    </p>
  );
}
