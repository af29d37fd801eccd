/**
 * Interests as chips: type and press Enter or comma; Backspace in the empty field takes the last one away.
 *
 * Suggestions are switches that stay where they are, so that the focus and the finger keep their place.
 */
import { INTEREST_CHARS_MAX } from "@callbox/client";
import { useRef } from "preact/hooks";
import { add, interests, isFull, remove, removeLast, takeTyped, type, typed } from "../interests.js";
import { words } from "../messages.js";

const suggested: readonly string[] = words.ready.suggested;

function Suggestion(props: { word: string }) {
  const { word } = props;
  const isOn = interests.value.includes(word);
  return (
    <button type="button" class="chip" aria-pressed={isOn} onClick={() => (isOn ? remove(word) : add(word))}>
      {word}
    </button>
  );
}

export function Interests() {
  const field = useRef<HTMLInputElement>(null);
  const own = interests.value.filter((interest) => !suggested.includes(interest));
  const takeAway = (interest: string) => {
    remove(interest);
    // The button is gone, and with it the focus.
    field.current?.focus();
  };
  return (
    <div class="interests">
      <label for="interest">{words.ready.interests}</label>
      <input
        ref={field}
        id="interest"
        type="text"
        value={typed.value}
        maxLength={INTEREST_CHARS_MAX}
        readOnly={isFull()}
        autocomplete="off"
        enterkeyhint="done"
        aria-describedby="interest-hint"
        onInput={(event) => {
          type(event.currentTarget.value);
          // A lone comma changes nothing that is rendered, but is in the field.
          event.currentTarget.value = typed.value;
        }}
        onKeyDown={(event) => {
          // Enter that ends an input method's composition is not meant for us.
          if (event.key === "Enter" && !event.isComposing) {
            event.preventDefault();
            takeTyped();
          } else if (event.key === "Backspace" && typed.value === "") {
            removeLast();
          }
        }}
      />
      <p id="interest-hint" class="hint">
        {isFull() ? words.ready.interestsFull : words.ready.interestsHint}
      </p>
      <ul class="chips" aria-label={words.ready.interests}>
        {own.map((interest) => (
          <li key={interest}>
            <button type="button" class="chip on" aria-label={words.ready.remove(interest)} onClick={() => takeAway(interest)}>
              <bdi>{interest}</bdi> <span aria-hidden="true">×</span>
            </button>
          </li>
        ))}
        {suggested.map((word) => (
          <li key={word}>
            <Suggestion word={word} />
          </li>
        ))}
      </ul>
    </div>
  );
}
