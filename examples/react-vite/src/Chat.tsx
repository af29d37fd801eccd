import { monitor } from "@callbox/client/monitor";
import { useVideoChat } from "@callbox/client/react";
import type { FormEvent } from "react";

export function Chat() {
  const { chat, sendChat } = useVideoChat();
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get("text")).trim();
    if (text) {
      sendChat(text);
      monitor.event("chat");
    }
    form.reset();
  }
  return (
    <form onSubmit={submit}>
      <ul>
        {chat.map((line) => (
          <li key={line.at}>
            {line.from === "me" ? "You" : "They"}: {line.text}
          </li>
        ))}
      </ul>
      <input name="text" aria-label="Write a line" autoComplete="off" />
      <button>Send</button>
    </form>
  );
}
