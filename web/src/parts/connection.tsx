/**
 * A line across the top while the server is away. The call does not need it; the person should know all the same.
 *
 * It lies over the page, so nothing jumps, and is there, empty, from the start, so that screen readers hear it.
 */
import { face, signaling } from "../session.js";
import { words } from "../words.js";

export function Connection() {
  const { connection } = words;
  let text = "";
  if (signaling.value === "reconnecting") {
    text = face.value === "call" || face.value === "waiting" ? connection[face.value] : connection.other;
  } else if (signaling.value === "offline" && (face.value === "call" || face.value === "waiting")) {
    text = connection.offline;
  }
  return (
    <div class="connection" role="status">
      {text && <p>{text}</p>}
    </div>
  );
}
