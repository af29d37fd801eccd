/**
 * The last error, in words, read out at once.
 */
import { problem } from "../page.js";
import { callFault } from "../messages/faults.js";

export function Refusal() {
  const code = problem.value;
  if (code === null) return null;
  return (
    <p class="refusal" role="alert">
      {callFault(code)}
    </p>
  );
}
