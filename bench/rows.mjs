/**
 * Figures of several runs, and rows as `cargo xtask bench` reads them: `what|ours|peer|ratio|target|ok`.
 */

/** The smallest value that so large a share of all does not exceed. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** Prints a row, and returns whether its target is met. A row without a peer has a dash there. */
export function printRow({ what, ours, peer = "-", ratio = "-", target = "-", isOk = true }) {
  console.log([what, ours, peer, ratio, target, isOk ? "ok" : "missed"].join("|"));
  return isOk;
}
