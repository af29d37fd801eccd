/**
 * The script of `/dashboard`.
 */
import { render } from "preact";
import { DashboardPage } from "./dashboard/dashboard.js";

const root = document.getElementById("dashboard");
if (root) {
  // Instead of what was rendered ahead of time, which only says that something comes.
  root.textContent = "";
  render(<DashboardPage />, root);
}
