/**
 * The vitals of a page, out of the browser's own trace of it (Chrome's trace event format): the judge of what the page measured itself.
 */

/** Milliseconds from the start of the navigation to this origin; `cls` is a score. */
export function vitalsOf(trace, origin) {
  const { traceEvents } = JSON.parse(trace.toString());
  const named = (name) => traceEvents.filter((event) => event.name === name);
  const start = named("navigationStart").find(({ args }) => args.data?.documentLoaderURL?.startsWith(origin) && args.data.isOutermostMainFrame !== false);
  const id = start.args.data.navigationId;
  const ofIt = ({ args }) => args.data?.navigationId === id;
  const ms = (event) => (event.ts - start.ts) / 1_000;
  // The document's own; the pages of the browser itself load things too. Its clock counts in seconds.
  const { timing } = named("ResourceReceiveResponse").find(({ args }) => args.data.requestId === id).args.data;
  return {
    fcp: ms(named("firstContentfulPaint").find(ofIt)),
    lcp: ms(named("largestContentfulPaint::Candidate").filter(ofIt).at(-1)),
    cls: named("LayoutShift")
      .filter(({ args }) => args.frame === start.args.frame)
      .map(({ args }) => args.data)
      .filter((shift) => !shift.had_recent_input)
      .reduce((sum, { score }) => sum + score, 0),
    inp: Math.max(...named("EventTiming").map(({ args }) => (args.data?.interactionId > 0 ? args.data.duration : 0))),
    ttfb: 1_000 * timing.requestTime - start.ts / 1_000 + timing.receiveHeadersStart,
  };
}
