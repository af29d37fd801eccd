/**
 * The chat of a call: a button that counts what was not read, and a panel beside the picture or below it.
 *
 * New lines are read out by a screen reader, also while the panel is closed. Escape closes it.
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { close, isOpen, lines, open, unread } from "../chat.js";
import type { Line } from "../chat.js";
import { say } from "../session.js";
import { words } from "../words.js";

/** What the protocol takes. */
const LETTERS_MAX = 2_000;

const bubble = "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Z";

export function ChatButton() {
  const { show, hide, unread: count } = words.chat;
  const label = isOpen.value ? hide : unread.value > 0 ? `${show}, ${count(unread.value)}` : show;
  return (
    <button type="button" id="chat-button" class="round" aria-label={label} title={label} aria-expanded={isOpen.value} onClick={isOpen.value ? close : open}>
      <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
        <path d={bubble} fill="currentColor" />
      </svg>
      {unread.value > 0 && (
        <span class="badge" aria-hidden="true">
          {unread.value > 9 ? "9+" : unread.value}
        </span>
      )}
    </button>
  );
}

/** Where the lines are read out: there before the first of them. */
export function ChatPanel() {
  const last = lines.value.at(-1);
  const spoken = !isOpen.value && last?.from === "peer" ? `${words.call.other}: ${last.text}` : "";
  return (
    <>
      <p class="hidden" role="status">
        {spoken}
      </p>
      {isOpen.value && <Panel />}
    </>
  );
}

function Panel() {
  const field = useRef<HTMLInputElement>(null);
  const end = useRef<HTMLDivElement>(null);
  // Before the browser paints: whoever opens it may type at once.
  useLayoutEffect(() => {
    field.current?.focus();
    // Whoever closes it goes on where they opened it.
    return () => document.getElementById("chat-button")?.focus();
  }, []);
  useLayoutEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [lines.value]);
  const submit = (event: Event) => {
    event.preventDefault();
    const text = field.current?.value.trim();
    if (!text || !field.current) return;
    say(text);
    field.current.value = "";
  };
  const { title, label, send, empty } = words.chat;
  return (
    <aside class="chat" aria-label={title} onKeyDown={(event) => event.key === "Escape" && close()}>
      <div role="log" aria-label={title} tabIndex={0}>
        {lines.value.length === 0 && <p class="notice">{empty}</p>}
        {lines.value.map((line, index) => (
          <ChatLine key={index} line={line} />
        ))}
        <div ref={end} />
      </div>
      <form onSubmit={submit}>
        <input ref={field} type="text" aria-label={label} placeholder={label} maxLength={LETTERS_MAX} autocomplete="off" enterkeyhint="send" />
        <button type="submit" class="main">
          {send}
        </button>
      </form>
    </aside>
  );
}

function ChatLine({ line }: { line: Line }) {
  const who = line.from === "me" ? words.call.you : line.from === "peer" ? words.call.other : null;
  return (
    <p class={line.from}>
      {who && <span class="hidden">{who}: </span>}
      {line.text}
    </p>
  );
}
