/**
 * Brings the call page to life: the markup that was rendered ahead of time gets its behaviour.
 */
import { CallboxClient } from "@callbox/client";
import { hydrate } from "preact";
import { App } from "./app.js";
import { start } from "./page.js";

const root = document.getElementById("app");
if (root) {
  const client = new CallboxClient();
  // Before `start`, which may choose another screen than the one that was rendered.
  hydrate(<App client={client} />, root);
  start(client);
}
