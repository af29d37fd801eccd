/**
 * Takes out of a text what may tell of a person, before it leaves the page.
 *
 * Pure. Addresses lose what stands after `?` or `#`; mail addresses, network addresses, long numbers and long random words
 * become `<mail>` or `<id>`; text in double quotes that is no name becomes `"…"`, since it may be what somebody wrote. The rest is cut.
 * Of a stack only the lines with a place in a file are kept: the others repeat the message.
 */
/** The text without what may tell of a person, and not too long. */
export declare function scrub(text: string, charsMax: number): string;
/** The places of a stack, one a line, as the browser wrote them, without queries and fragments. */
export declare function scrubStack(stack: string, charsMax: number): string;
