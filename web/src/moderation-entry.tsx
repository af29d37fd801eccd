/**
 * The script of `/moderation`.
 */
import { render } from "preact";
import { ModerationPage } from "./moderation/moderation.js";

const root = document.getElementById("moderation");
if (root) {
  // Instead of what was rendered ahead of time, which only says that something comes.
  root.textContent = "";
  render(<ModerationPage />, root);
}
