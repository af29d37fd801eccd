/**
 * The frame of a face: a section with one heading, which takes the focus when the face appears.
 *
 * The first face of a page load leaves the focus where the browser put it.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../words.js";

let isFirst = true;

export function FaceFrame(props: { name: string; title: string; isTitleHidden?: boolean; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Before the browser paints: whoever presses Tab at once goes on from here.
  useLayoutEffect(() => {
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, []);
  useEffect(() => {
    document.title = `${props.title} · ${words.product}`;
  }, [props.title]);
  return (
    <section data-face={props.name} class={`face face-${props.name}`} aria-labelledby="face-title">
      <h1 id="face-title" ref={heading} tabIndex={-1} class={props.isTitleHidden ? "hidden" : ""}>
        {props.title}
      </h1>
      {props.children}
    </section>
  );
}
