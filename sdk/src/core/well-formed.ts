/**
 * Text that every server can read: no half of a surrogate pair, as is left where a text was cut inside an emoji.
 *
 * JSON writes such a half as an escape that strict readers refuse, and with it the whole frame or body.
 */

/** With the flag `u` only a half without its other half is one. */
const HALVES = /\p{Surrogate}/gu;

/** JSON in which each half of a pair is U+FFFD. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === "string" ? member.replace(HALVES, "\uFFFD") : member));
}
