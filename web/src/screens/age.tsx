/**
 * The age question, asked once.
 */
import { Action } from "../components/action.js";
import { ScreenFrame } from "../components/screen.js";
import { Refusal } from "../components/refusal.js";
import { answerAge } from "../page.js";
import { words } from "../messages.js";

export function Age() {
  const { title, lead, adult, minor } = words.age;
  return (
    <ScreenFrame name="age" title={title}>
      <p class="lead">{lead}</p>
      <div class="choices">
        <Action kind="main" onClick={() => answerAge("adult")}>
          {adult}
        </Action>
        <Action kind="main" onClick={() => answerAge("minor")}>
          {minor}
        </Action>
      </div>
      <Refusal />
    </ScreenFrame>
  );
}
