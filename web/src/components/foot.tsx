/**
 * The line below every page but the call: what one should know, and what one agrees to.
 */
import { words } from "../messages.js";

export function Foot() {
  return (
    <footer>
      <nav aria-label={words.foot.label}>
        <a href="/account">{words.foot.account}</a>
        <a href="/safety">{words.foot.safety}</a>
        <a href="/terms">{words.foot.terms}</a>
      </nav>
    </footer>
  );
}
