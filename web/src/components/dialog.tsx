/**
 * A dialog over the page: the browser's own, which keeps the focus inside, closes on Escape, and gives the focus back.
 */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../messages.js";

export function Dialog(props: { title: ComponentChildren; onClose: () => void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  // A click on the ground around it is a click on the dialog itself.
  const closeOutside = (event: MouseEvent) => event.target === element.current && props.onClose();
  return (
    <dialog ref={element} aria-labelledby="dialog-title" onClose={props.onClose} onClick={closeOutside}>
      <div class="dialog">
        <header>
          <h2 id="dialog-title">{props.title}</h2>
          <button type="button" class="round plain" aria-label={words.dialog.close} title={words.dialog.close} onClick={props.onClose}>
            <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
              <path d="M5 5l14 14M19 5L5 19" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" />
            </svg>
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
