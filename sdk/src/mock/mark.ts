/**
 * The mark that says that a page has no server, so that nobody takes the mock for the real thing.
 *
 * One a page. It takes no clicks, and its style is set from script, which a strict content security policy allows.
 */
const WORDS = "Mock signaling: no server";

const STYLE: Partial<CSSStyleDeclaration> = {
  position: "fixed",
  zIndex: "2147483647",
  left: "8px",
  bottom: "8px",
  padding: "4px 8px",
  borderRadius: "4px",
  background: "#ffd34d",
  color: "#000",
  font: "600 12px/1.4 system-ui, sans-serif",
  pointerEvents: "none",
};

let mark: HTMLElement | null = null;

export function showMark(): void {
  if (mark !== null) return;
  const element = document.createElement("div");
  mark = element;
  element.setAttribute("role", "status");
  element.textContent = WORDS;
  Object.assign(element.style, STYLE);
  const show = () => document.body.append(element);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", show, { once: true });
  else show();
}
