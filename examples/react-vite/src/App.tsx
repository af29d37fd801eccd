import { CallboxError } from "@callbox/client";
import { useCallboxEvent, useStream, useVideoChat } from "@callbox/client/react";
import { useState } from "react";
import { Chat } from "./Chat";
import { Quality } from "./Quality";

/** The whole app: a button, then two pictures. */
export function App() {
  const { state, match, localStream, remoteStream, signIn, startMedia, seek, cancel, next, hangUp } = useVideoChat();
  const [error, setError] = useState<string | null>(null);
  useCallboxEvent("error", ({ message }) => setError(message));
  const mine = useStream(localStream);
  const theirs = useStream(remoteStream);

  async function start() {
    setError(null);
    try {
      await signIn({ age: "adult" });
      await startMedia();
      await seek();
    } catch (cause) {
      setError(cause instanceof CallboxError ? cause.message : String(cause));
    }
  }

  const isWaiting = state.name === "queued" || (state.name === "ended" && state.reason.requeued);
  return (
    <main>
      <h1>Callbox with React</h1>
      <p role="status">{state.name === "connected" ? "You are connected" : isWaiting ? "Looking for somebody…" : match ? "Connecting…" : ""}</p>
      {error && <p role="alert">{error}</p>}
      <div className="pictures">
        <video ref={theirs} className="remote" aria-label="The other person" autoPlay playsInline />
        <video ref={mine} className="local" aria-label="You" autoPlay playsInline muted />
      </div>
      {match ? (
        <>
          <Quality />
          <button onClick={() => next()}>Next</button>
          <button onClick={hangUp}>Leave</button>
          <Chat />
        </>
      ) : isWaiting ? (
        <button onClick={cancel}>Cancel</button>
      ) : (
        <button onClick={() => void start()}>Find someone</button>
      )}
    </main>
  );
}
