/**
 * Takes out of a text what may tell of a person, before it leaves the page.
 *
 * Pure. Addresses lose what stands after `?` or `#`; mail addresses, network addresses, long numbers and long random words
 * become `<mail>` or `<id>`; text in double quotes that is no name becomes `"…"`, since it may be what somebody wrote. The rest is cut.
 * Of a stack only the lines with a place in a file are kept: the others repeat the message.
 */

const RULES: readonly (readonly [RegExp, string])[] = [
  [/[\s\p{Cc}]+/gu, " "],
  [/\bdata:[^\s"']+/g, "data:…"],
  [/(\/[^\s"'<>?#()/]*)[?#][^\s"'<>()]*/g, "$1"],
  [/[^\s"'<>@(]+@[\w-]+(\.[\w-]+)+/g, "<mail>"],
  // A name stays, but for one word that is no JSON: browsers quote the text then.
  [/"(?![\w.$-]{1,40}"(?! is not valid))[^"]*"/g, '"…"'],
  // Network addresses, random words, and numbers as of phones.
  [/\b\d{1,3}(\.\d{1,3}){3}\b|\b[\da-f]{1,4}:[\da-f]*:[\da-f:]+|\b(?=[\w-]*\d)[\w-]{20,}|\+?\d([ -]?\d){5,}/gi, "<id>"],
];

/** The text without what may tell of a person, and not too long. */
export function scrub(text: string, charsMax: number): string {
  // Cut first, generously: the patterns need not read a page of text.
  return RULES.reduce((rest, [pattern, mark]) => rest.replace(pattern, mark), text.slice(0, 4 * charsMax)).slice(0, charsMax);
}

/** The places of a stack, one a line, as the browser wrote them, without queries and fragments. */
export function scrubStack(stack: string, charsMax: number): string {
  let text = "";
  for (const line of stack.slice(0, 8 * charsMax).split("\n")) {
    // Short, so that no pattern takes long.
    if (line.length > 500 || !/^\s*at |@/.test(line) || !/:\d+\)?$/.test(line)) continue;
    const bare = `${line.replace(/[?#][^\s)]*?((:\d+)+\)?)$/, "$1")}\n`;
    // Half a place is none.
    if ((text + bare).length > charsMax) break;
    text += bare;
  }
  return text;
}
