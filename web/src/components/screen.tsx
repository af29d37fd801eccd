/**
 * The frame of a screen: a section with one heading, which takes the focus when the screen appears.
 *
 * The first screen of a page load leaves the focus where the browser put it.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../messages.js";

let isFirst = true;

export function ScreenFrame(props: { name: string; title: string; isTitleHidden?: boolean; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Before the browser paints: a person who presses Tab at once continues from here.
  useLayoutEffect(() => {
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, []);
  useEffect(() => {
    document.title = `${props.title} · ${words.product}`;
  }, [props.title]);
  return (
    <section data-screen={props.name} class={`screen screen-${props.name}`} aria-labelledby="screen-title">
      <h1 id="screen-title" ref={heading} tabIndex={-1} class={props.isTitleHidden ? "hidden" : ""}>
        {props.title}
      </h1>
      {props.children}
    </section>
  );
}
