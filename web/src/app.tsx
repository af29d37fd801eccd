/**
 * The call page: one face at a time, chosen by `session.ts`.
 *
 * It tells screen readers what changed and hands the focus to each new face's heading.
 */
import { Age } from "./faces/age.js";
import { CallFace } from "./faces/call.js";
import { Camera } from "./faces/camera.js";
import { Ended } from "./faces/ended.js";
import { Elsewhere, Offline, Unsupported } from "./faces/notices.js";
import { Ready } from "./faces/ready.js";
import { Waiting } from "./faces/waiting.js";
import { Welcome } from "./faces/welcome.js";
import { Connection } from "./parts/connection.js";
import { Top } from "./parts/top.js";
import { face } from "./session.js";
import type { Face } from "./session.js";

const faces: Record<Face, () => preact.JSX.Element> = {
  welcome: Welcome,
  age: Age,
  camera: Camera,
  ready: Ready,
  waiting: Waiting,
  call: CallFace,
  ended: Ended,
  offline: Offline,
  elsewhere: Elsewhere,
  unsupported: Unsupported,
};

export function App() {
  const Current = faces[face.value];
  return (
    <div class={`page page-${face.value}`}>
      <Connection />
      {face.value !== "call" && <Top />}
      <main>
        <Current key={face.value} />
      </main>
    </div>
  );
}
