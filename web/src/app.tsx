/**
 * The call page: one screen at a time, chosen by `page.ts`, over the SDK's own bindings.
 *
 * It tells screen readers what changed and hands the focus to each new screen's heading.
 */
import type { CallboxClient } from "@callbox/client";
import { CallboxProvider } from "@callbox/client/react";
import { useEffect, useState } from "preact/hooks";
import { Age } from "./screens/age.js";
import { CallScreen } from "./screens/call.js";
import { Camera } from "./screens/camera.js";
import { Ended } from "./screens/ended.js";
import { Banned, Elsewhere, Offline, Returning, Unsupported } from "./screens/notices.js";
import { Ready } from "./screens/ready.js";
import { Waiting } from "./screens/waiting.js";
import { Welcome } from "./screens/welcome.js";
import { useScreen } from "./page.js";
import type { Screen } from "./page.js";
import { Connection } from "./components/connection.js";
import { Foot } from "./components/foot.js";
import { Top } from "./components/top.js";

const screens: Record<Screen, () => preact.JSX.Element> = {
  welcome: Welcome,
  returning: Returning,
  age: Age,
  camera: Camera,
  ready: Ready,
  waiting: Waiting,
  call: CallScreen,
  ended: Ended,
  offline: Offline,
  elsewhere: Elsewhere,
  banned: Banned,
  unsupported: Unsupported,
};

/**
 * How long a screen with a call to come stays away. If somebody waits, the match comes with the answer to the click, and
 * the browser negotiates then: drawing two new screens in between would hold it up.
 */
const DRAW_MS = 100;

/** The screen that fits, those of a call a moment later. */
function useCalmScreen(): Screen {
  const fitting = useScreen();
  const [shown, show] = useState(fitting);
  const isLater = fitting === "waiting" || fitting === "call";
  useEffect(() => {
    const timer = setTimeout(() => show(fitting), isLater ? DRAW_MS : 0);
    return () => clearTimeout(timer);
  }, [fitting]);
  return isLater ? shown : fitting;
}

function Page() {
  const screen = useCalmScreen();
  const Current = screens[screen];
  return (
    <div class={`page page-${screen}`}>
      <Connection />
      {screen !== "call" && <Top />}
      <main>
        <Current key={screen} />
      </main>
      {screen !== "call" && <Foot />}
    </div>
  );
}

/** `client` is `null` while the page is rendered ahead of time. */
export function App({ client }: { client: CallboxClient | null }) {
  return (
    <CallboxProvider client={client}>
      <Page />
    </CallboxProvider>
  );
}
