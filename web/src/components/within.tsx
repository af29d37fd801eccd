/**
 * A sentence of ours with somebody's own words in it: whichever way those are written, they do not reorder the rest.
 */
import type { ComponentChildren } from "preact";

/** Stands for the words while the sentence is made; no sentence has it. */
const PLACE = "\0";

export function Within(props: { sentence: (words: string) => string; children: ComponentChildren }) {
  const [before, after] = props.sentence(PLACE).split(PLACE);
  return (
    <>
      {before}
      <bdi>{props.children}</bdi>
      {after}
    </>
  );
}
