/**
 * The camera, explained before the browser asks for it.
 */
import { Action } from "../parts/action.js";
import { FaceFrame } from "../parts/face.js";
import { Refusal } from "../parts/refusal.js";
import { openCamera, problem } from "../session.js";
import { words } from "../words.js";

export function Camera() {
  const { title, lead, go, again } = words.camera;
  return (
    <FaceFrame name="camera" title={title}>
      <p class="lead">{lead}</p>
      <Refusal />
      <Action kind="main" onClick={openCamera}>
        {problem.value === null ? go : again}
      </Action>
    </FaceFrame>
  );
}
