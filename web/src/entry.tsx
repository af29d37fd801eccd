/**
 * Where the call page comes to life: the markup that was rendered ahead of time gets its behaviour.
 */
import { hydrate } from "preact";
import { App } from "./app.js";
import { start } from "./session.js";

const root = document.getElementById("app");
if (root) {
  // Before `start`, which may choose another face than the one that was rendered.
  hydrate(<App />, root);
  start();
}
