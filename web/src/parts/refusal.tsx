/**
 * What went wrong last, in words, read out at once.
 */
import { problem } from "../page.js";
import { words } from "../words.js";

export function Refusal() {
  const code = problem.value;
  if (code === null) return null;
  const known: Record<string, string> = { ...words.refusals, ...Object.fromEntries(Object.entries(words.camera.faults).map(([code, { text }]) => [code, text])) };
  return (
    <p class="refusal" role="alert">
      {known[code] ?? words.refusals.other}
    </p>
  );
}
