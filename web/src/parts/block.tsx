/**
 * Never to meet the last stranger again: offered after a call, also while the next is being looked for.
 */
import { blockLast, hasBlocked, lastStranger } from "../session.js";
import { words } from "../words.js";
import { Action } from "./action.js";

export function Block() {
  return (
    <>
      {lastStranger.value !== null && (
        <Action kind="quiet" onClick={blockLast}>
          {words.block.go}
        </Action>
      )}
      <p role="status">{hasBlocked.value ? words.block.done : ""}</p>
    </>
  );
}
