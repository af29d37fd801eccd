/**
 * Never to meet the last stranger again, or to complain about them: after a call, also while the next is being looked for.
 */
import { block, lastCall } from "../page.js";
import { words } from "../messages.js";
import { Action } from "./action.js";
import { Report } from "./report.js";

export function Block() {
  if (lastCall.value === null || lastCall.value.match.kind === "invite") return null;
  const { said } = lastCall.value;
  return (
    <>
      {said === null && (
        <Action kind="quiet" onClick={block}>
          {words.block.go}
        </Action>
      )}
      {said !== "reported" && <Report />}
      <p role="status">{said === "blocked" ? words.block.done : said === "reported" ? words.report.done : ""}</p>
    </>
  );
}
