/**
 * A line across the top while the server is away. The call does not need it; the person should know all the same.
 *
 * It lies over the page, so nothing jumps, and is there, empty, from the start, so that screen readers hear it.
 */
import { useVideoChat } from "@callbox/client/react";
import { useScreen } from "../page.js";
import { words } from "../messages.js";

export function Connection() {
  const { connection } = words;
  const { signaling } = useVideoChat();
  const screen = useScreen();
  let text = "";
  if (signaling === "reconnecting") {
    text = screen === "call" || screen === "waiting" ? connection[screen] : connection.other;
  } else if (signaling === "offline" && (screen === "call" || screen === "waiting")) {
    text = connection.offline;
  }
  return (
    <div class="connection" role="status">
      {text && <p>{text}</p>}
    </div>
  );
}
