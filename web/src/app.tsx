/**
 * The call page: one face at a time, chosen by `page.ts`, over the SDK's own bindings.
 *
 * It tells screen readers what changed and hands the focus to each new face's heading.
 */
import type { CallboxClient } from "@callbox/client";
import { CallboxProvider } from "@callbox/client/react";
import { useEffect, useState } from "preact/hooks";
import { Age } from "./faces/age.js";
import { CallFace } from "./faces/call.js";
import { Camera } from "./faces/camera.js";
import { Ended } from "./faces/ended.js";
import { Banned, Elsewhere, Offline, Returning, Unsupported } from "./faces/notices.js";
import { Ready } from "./faces/ready.js";
import { Waiting } from "./faces/waiting.js";
import { Welcome } from "./faces/welcome.js";
import { useFace } from "./page.js";
import type { Face } from "./page.js";
import { Connection } from "./parts/connection.js";
import { Foot } from "./parts/foot.js";
import { Top } from "./parts/top.js";

const faces: Record<Face, () => preact.JSX.Element> = {
  welcome: Welcome,
  returning: Returning,
  age: Age,
  camera: Camera,
  ready: Ready,
  waiting: Waiting,
  call: CallFace,
  ended: Ended,
  offline: Offline,
  elsewhere: Elsewhere,
  banned: Banned,
  unsupported: Unsupported,
};

/**
 * How long a face with a call to come stays away. Where somebody waits, the match comes with the answer to the click, and the
 * browser negotiates then: drawing two new faces in between would hold it up.
 */
const DRAW_MS = 100;

/** The face that fits, those of a call a moment later. */
function useCalmFace(): Face {
  const fitting = useFace();
  const [shown, show] = useState(fitting);
  const isLater = fitting === "waiting" || fitting === "call";
  useEffect(() => {
    const timer = setTimeout(() => show(fitting), isLater ? DRAW_MS : 0);
    return () => clearTimeout(timer);
  }, [fitting]);
  return isLater ? shown : fitting;
}

function Page() {
  const face = useCalmFace();
  const Current = faces[face];
  return (
    <div class={`page page-${face}`}>
      <Connection />
      {face !== "call" && <Top />}
      <main>
        <Current key={face} />
      </main>
      {face !== "call" && <Foot />}
    </div>
  );
}

/** `client` is `null` where the page is rendered ahead of time. */
export function App({ client }: { client: CallboxClient | null }) {
  return (
    <CallboxProvider client={client}>
      <Page />
    </CallboxProvider>
  );
}
