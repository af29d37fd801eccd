/**
 * The camera, explained before the browser asks for it, and each way in which that may go wrong.
 */
import { Action } from "../components/action.js";
import { ScreenFrame } from "../components/screen.js";
import { denials, openCamera, problem } from "../page.js";
import { callFault, cameraFault } from "../messages/faults.js";
import { words } from "../messages.js";

export function Camera() {
  const { title, lead, go, again, soundOnly, deniedAgain } = words.camera;
  const code = problem.value;
  const fault = code && cameraFault(code);
  return (
    <ScreenFrame name="camera" title={fault?.title ?? title} key={`${code} ${denials.value}`}>
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
    </ScreenFrame>
  );
}
