/**
 * The landing page's picture: two people, each in a frame. Decoration, hidden from screen readers.
 */
function Person(props: { x: number; y: number; width: number; height: number; kind: string; edge: number }) {
  const { x, y, width, height, kind, edge } = props;
  // Half of a frame's edge lies inside it, and the figure must not cover that.
  const inside = edge / 2;
  const middle = x + width / 2;
  const head = height * 0.17;
  return (
    <g class={kind}>
      <clipPath id={kind}>
        <rect x={x + inside} y={y + inside} width={width - edge} height={height - edge} rx={18 - inside} />
      </clipPath>
      <rect class="frame" x={x} y={y} width={width} height={height} rx="18" stroke-width={edge} />
      <g clip-path={`url(#${kind})`} class="figure">
        <circle cx={middle} cy={y + height * 0.42} r={head} />
        <ellipse cx={middle} cy={y + height * 1.02} rx={head * 2.1} ry={height * 0.38} />
      </g>
    </g>
  );
}

export function Picture() {
  return (
    <svg class="picture" viewBox="0 0 400 310" aria-hidden="true">
      <Person kind="they" x={0} y={0} width={330} height={248} edge={0} />
      <Person kind="me" x={236} y={166} width={164} height={140} edge={8} />
    </svg>
  );
}
