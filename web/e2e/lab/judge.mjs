/**
 * The judgment of a call by its record: numbers in, numbers out, so that the same record is always judged alike.
 *
 * A picture is there while frames come without a long gap. The effect of a machine that is busy for a moment is no
 * gap yet; a picture that a person would call still is one.
 */

/** A camera of fifteen frames a second leaves 67 ms between two. */
const GAP_MS_MAX = 700;
/** So long frames must come before they count as the picture that is back. */
const STEADY_MS = 3_000;
/** Five a second: a third of the camera's frames. */
const STEADY_FRAMES_MIN = 15;

/** The instant of the first frame, from `from` on, that begins a steady flow; `null` if none does yet. */
export function steadyFrom(frames, from) {
  for (let first = frames.findIndex((at) => at >= from); first >= 0 && first < frames.length;) {
    const end = frames[first] + STEADY_MS;
    let last = first;
    while (last + 1 < frames.length && frames[last] < end && frames[last + 1] - frames[last] <= GAP_MS_MAX) last++;
    if (frames[last] >= end - GAP_MS_MAX / 2 && last - first >= STEADY_FRAMES_MIN) return frames[first];
    first = last + 1;
  }
  return null;
}

/** The instant from which on all of these flow at the same time; `null` if they do not yet. */
export function togetherFrom(all, from) {
  for (let at = from; ;) {
    const firsts = all.map((frames) => steadyFrom(frames, at));
    if (firsts.includes(null)) return null;
    const latest = Math.max(...firsts);
    if (latest - at <= GAP_MS_MAX) return at === from ? latest : at;
    at = latest;
  }
}

/** The longest time without a frame between two instants. */
export function longestGap(frames, from, to) {
  const inside = frames.filter((at) => at > from && at < to);
  return [...inside, to].reduce(({ before, most }, at) => ({ before: at, most: Math.max(most, at - before) }), { before: from, most: 0 }).most;
}
