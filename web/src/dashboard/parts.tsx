/**
 * The parts that every section of the page is made of: cards, definitions, states, rows.
 */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { dashboard as words } from "../messages/dashboard.js";
import type { State } from "./verdict.js";

/** A card with its definition. `isWaiting` keeps its place while figures come. */
export function Panel(props: {
  name: string;
  about: string;
  wide: 3 | 4 | 5 | 7 | 8 | 12;
  side?: ComponentChildren;
  isWaiting?: boolean;
  failed?: { readonly hasFailed: boolean; again(): void };
  children: ComponentChildren;
}) {
  const id = useId();
  const { name, about, wide, side, isWaiting, failed } = props;
  return (
    <section class={`panel w${wide}`} aria-labelledby={id}>
      <header>
        <h3 id={id}>{name}</h3>
        <About name={name} about={about} />
        <span class="grow" />
        {side && <span class="side">{side}</span>}
      </header>
      {failed?.hasFailed && (
        <p class="sub" role="status">
          {words.failed}{" "}
          <button type="button" class="text" onClick={() => failed.again()}>
            {words.again}
          </button>
        </p>
      )}
      {isWaiting ? !failed?.hasFailed && <span class="bone" /> : props.children}
    </section>
  );
}

/** What a figure means, one press away; the browser's own popover, by keyboard too. */
export function About({ name, about }: { name: string; about: string }) {
  const id = useId();
  return (
    <>
      <button type="button" class="what" popoverTarget={id} aria-label={words.what(name)}>
        ?
      </button>
      <div popover="auto" id={id} class="about">
        <strong>{name}</strong>
        <p>{about}</p>
      </div>
    </>
  );
}

const SHAPES: Record<State, ComponentChildren> = {
  good: [<circle key="a" class="solid" cx="8" cy="8" r="7" />, <path key="b" class="over" d="M4.8 8.3l2.2 2.2 4.3-4.7" />],
  bad: [<path key="a" class="solid" d="M8 1.2 15.4 14.4H.6Z" />, <path key="b" class="over" d="M8 6v3.8M8 11.9v.2" />],
  few: [<circle key="a" class="ring" cx="8" cy="8" r="6.5" />, <path key="b" class="ring" d="M5 8h6" />],
  none: [<circle key="a" class="ring" cx="8" cy="8" r="6.5" />, <path key="b" class="ring" d="M5 8h6" />],
  absent: [<circle key="a" class="ring" cx="8" cy="8" r="6.5" />, <path key="b" class="ring" d="M5 8h6" />],
};

export const Icon = ({ state }: { state: State }) => (
  <svg class={`icon is-${state}`} viewBox="0 0 16 16" aria-hidden="true">
    {SHAPES[state]}
  </svg>
);

/** A state as an icon and its word. */
export const Badge = ({ state, children }: { state: State; children: ComponentChildren }) => (
  <span class={`mark-state is-${state}`}>
    <Icon state={state} />
    {children}
  </span>
);

export type Grade = "good" | "needs" | "poor";

export const GradeBadge = ({ grade }: { grade: Grade }) => (
  <span class={`mark-state is-${grade}`}>
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      {grade === "needs" ? (
        <path class="solid" d="M8 .8 15.2 8 8 15.2.8 8Z" />
      ) : grade === "good" ? (
        <circle class="solid" cx="8" cy="8" r="7" />
      ) : (
        <path class="solid" d="M8 1.2 15.4 14.4H.6Z" />
      )}
      <path class="over" d={grade === "good" ? "M4.8 8.3l2.2 2.2 4.3-4.7" : "M8 5.4v3.8M8 11.3v.2"} />
    </svg>
    {words.grades[grade]}
  </span>
);

/** Names and their values, a line each. */
export const Rows = ({ rows }: { rows: readonly (readonly [string, ComponentChildren, boolean?])[] }) => (
  <dl class="kv">
    {rows.map(([name, value, isFaint]) => (
      <div key={name} class={isFaint ? "faint" : ""}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A few large figures in a row. */
export const Stats = ({ stats }: { stats: readonly (readonly [string, ComponentChildren])[] }) => (
  <dl class="stats">
    {stats.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A share of a whole, as a bar; an SVG, since the page allows no inline style. */
export const Bar = ({ share, tone = "s1" }: { share: number; tone?: string }) => (
  <svg class={`bar-line ${tone}`} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
    <rect width={Math.max(0.8, Math.min(100, share * 100))} height="6" />
  </svg>
);

/** A table whose first column is a name. Rows that are `isFaint` have too few to judge. */
export function Table(props: { label: string; head: readonly string[]; rows: readonly { key: string; cells: readonly ComponentChildren[]; isFaint?: boolean }[] }) {
  return (
    <div class="scroll" role="group" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map(({ key, cells, isFaint }) => (
            <tr key={key} class={isFaint ? "faint" : ""}>
              {cells.map((cell, index) => (index === 0 ? <th scope="row">{cell}</th> : <td>{cell}</td>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
