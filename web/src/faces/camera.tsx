/**
 * The camera, explained before the browser asks for it, and each way in which that may go wrong.
 */
import { Action } from "../parts/action.js";
import { FaceFrame } from "../parts/face.js";
import { denials, openCamera, problem } from "../page.js";
import { callFault, cameraFault } from "../words/faults.js";
import { words } from "../words.js";

export function Camera() {
  const { title, lead, go, again, soundOnly, deniedAgain } = words.camera;
  const code = problem.value;
  const fault = code && cameraFault(code);
  return (
    <FaceFrame name="camera" title={fault?.title ?? title} key={`${code} ${denials.value}`}>
      {fault ? (
        <p class="refusal" role="alert">
          {code === "media_denied" && denials.value > 1 ? deniedAgain : fault.text}
        </p>
      ) : (
        <p class="lead">{lead}</p>
      )}
      {code !== null && !fault && (
        <p class="refusal" role="alert">
          {callFault(code)}
        </p>
      )}
      <Action kind="main" onClick={() => openCamera()}>
        {code === null ? go : again}
      </Action>
      {fault && (
        <Action kind="quiet" onClick={() => openCamera({ audio: true })}>
          {soundOnly}
        </Action>
      )}
    </FaceFrame>
  );
}
