/**
 * The route of a path: the path with a mark for each part that is an id, so that routes are few and tell of nobody.
 *
 * Pure. An app that knows its routes gives `routeOf` instead.
 */

const ROUTE_CHARS_MAX = 100;
/** Numbers; words with a digit and of some length, such as UUIDs and codes; whatever is long; mail addresses. */
const ID = /^\d+$|^(?=.*\d)[\w~.-]{8,}$|^.{24,}$|@|%40/;

/** The route of a path, such as `/room/:id` of `/room/8f3a2c71`. */
export function routeOf(path: string): string {
  const parts = path.split("/").map((part) => (ID.test(part) ? ":id" : part));
  return parts.join("/").slice(0, ROUTE_CHARS_MAX) || "/";
}
