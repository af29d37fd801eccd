/**
 * How the call was, one to five stars: a group of radio buttons to a keyboard and a screen reader.
 */
import { lastCall, rate } from "../page.js";
import { words } from "../messages.js";

const star = "M12 2.5l2.9 6.2 6.6.8-4.9 4.6 1.3 6.7-5.9-3.3-5.9 3.3 1.3-6.7L2.5 9.5l6.6-.8z";

export function Rating() {
  if (lastCall.value === null) return null;
  const { stars } = lastCall.value;
  const { title, star: starWord, thanks } = words.rating;
  return (
    <fieldset class="rating">
      <legend>{title}</legend>
      <div>
        {[1, 2, 3, 4, 5].map((count) => (
          <label key={count} class={count <= stars ? "on" : ""}>
            <input type="radio" name="stars" class="hidden" checked={count === stars} aria-label={starWord(count)} onChange={() => void rate(count)} />
            <svg viewBox="0 0 24 24" width="32" height="32" aria-hidden="true">
              <path d={star} fill={count <= stars ? "currentColor" : "none"} stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" />
            </svg>
          </label>
        ))}
      </div>
      <p role="status" class="hint">
        {stars > 0 ? thanks : ""}
      </p>
    </fieldset>
  );
}
