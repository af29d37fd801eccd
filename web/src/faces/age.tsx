/**
 * The age question, asked once.
 */
import { Action } from "../parts/action.js";
import { FaceFrame } from "../parts/face.js";
import { Refusal } from "../parts/refusal.js";
import { answerAge } from "../page.js";
import { words } from "../words.js";

export function Age() {
  const { title, lead, adult, minor } = words.age;
  return (
    <FaceFrame name="age" title={title}>
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
    </FaceFrame>
  );
}
