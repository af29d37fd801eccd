/**
 * The chat of a call: a button that counts what was not read, and a panel beside the picture or below it.
 *
 * New lines are read out by a screen reader, also while the panel is closed. Escape closes it.
 */
import { CHAT_CHARS_MAX } from "@callbox/client";
import type { ChatLine } from "@callbox/client";
import { useVideoChat } from "@callbox/client/react";
import { useLayoutEffect, useRef } from "preact/hooks";
import { close, isOpen, isUncertain, open, unread } from "../chat.js";
import { say } from "../page.js";
import { callFault } from "../messages/faults.js";
import { words } from "../messages.js";
import { Within } from "./within.js";

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

/** The region where lines are read out: there before the first of them. */
export function ChatPanel() {
  const last = useVideoChat().chat.at(-1);
  const spoken = !isOpen.value && last?.from === "peer" ? last.text : null;
  return (
    <>
      <p class="hidden" role="status">
        {spoken !== null && <Within sentence={(text) => `${words.call.other}: ${text}`}>{spoken}</Within>}
      </p>
      {isOpen.value && <Panel />}
    </>
  );
}

function Panel() {
  const { chat } = useVideoChat();
  const field = useRef<HTMLInputElement>(null);
  const end = useRef<HTMLDivElement>(null);
  // Before the browser paints: a person who opens it may type at once.
  useLayoutEffect(() => {
    field.current?.focus();
    // A person who closes it continues where they opened it.
    return () => document.getElementById("chat-button")?.focus();
  }, []);
  useLayoutEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [chat, isUncertain.value]);
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
        {chat.length === 0 && <p class="notice">{empty}</p>}
        {chat.map((line) => (
          <Line key={line.at} line={line} />
        ))}
        {isUncertain.value && <p class="notice">{callFault("chat_uncertain")}</p>}
        <div ref={end} />
      </div>
      <form onSubmit={submit}>
        <input ref={field} type="text" aria-label={label} placeholder={label} maxLength={CHAT_CHARS_MAX} autocomplete="off" enterkeyhint="send" />
        <button type="submit" class="main">
          {send}
        </button>
      </form>
    </aside>
  );
}

function Line({ line }: { line: ChatLine }) {
  return (
    <p class={line.from}>
      <span class="hidden">{line.from === "me" ? words.call.you : words.call.other}: </span>
      <bdi>{line.text}</bdi>
    </p>
  );
}
