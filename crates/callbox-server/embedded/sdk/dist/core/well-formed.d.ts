/**
 * Text that every server can read: no half of a surrogate pair, as is left where a text was cut inside an emoji.
 *
 * JSON writes such a half as an escape that strict readers refuse, and with it the whole frame or body.
 */
/** JSON in which each half of a pair is U+FFFD. */
export declare function toJson(value: unknown): string;
