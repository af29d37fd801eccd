/**
 * One section of a page, with its heading.
 */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export function Card(props: { title: string; lead?: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{props.title}</h2>
      {props.lead && <p class="hint">{props.lead}</p>}
      {props.children}
    </section>
  );
}
