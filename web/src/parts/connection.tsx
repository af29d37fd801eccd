/**
 * A line across the top while the server is away. The call does not need it; the person should know all the same.
 *
 * It lies over the page, so nothing jumps, and is there, empty, from the start, so that screen readers hear it.
 */
import { useVideoChat } from "@callbox/client/react";
import { useFace } from "../page.js";
import { words } from "../words.js";

export function Connection() {
  const { connection } = words;
  const { signaling } = useVideoChat();
  const face = useFace();
  let text = "";
  if (signaling === "reconnecting") {
    text = face === "call" || face === "waiting" ? connection[face] : connection.other;
  } else if (signaling === "offline" && (face === "call" || face === "waiting")) {
    text = connection.offline;
  }
  return (
    <div class="connection" role="status">
      {text && <p>{text}</p>}
    </div>
  );
}
