/**
 * The line at the top of every page but the call: the way home.
 */
import { words } from "../messages.js";

export function Top() {
  return (
    <header class="top">
      <a href="/" class="mark">
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
          <path d="M3 7a3 3 0 0 1 3-3h8a3 3 0 0 1 3 3v2l4-2v10l-4-2v2a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3z" fill="currentColor" />
        </svg>
        {words.product}
      </a>
    </header>
  );
}
