/**
 * The frame of the pages around accounts: the way home above, one heading, the line below.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Foot } from "../components/foot.js";
import { Top } from "../components/top.js";
import { words as general } from "../messages.js";

/** `name` tells tests, and the heading's focus, which state a page is in. */
export function Frame(props: { name: string; title: string; lead?: string; isWide?: boolean; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${props.title} · ${general.product}`;
    // Another state of the page is another page to a person who cannot see it change.
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [props.name, props.title]);
  return (
    <div class={`page page-account ${props.isWide ? "wide" : ""}`}>
      <Top />
      <main data-screen={props.name}>
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.lead && <p class="lead">{props.lead}</p>}
        {props.children}
      </main>
      <Foot />
    </div>
  );
}
