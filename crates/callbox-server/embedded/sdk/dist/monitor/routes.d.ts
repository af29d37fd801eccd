/**
 * The route of a path: the path with a mark for each part that is an id, so that routes are few and tell of nobody.
 *
 * Pure. An app that knows its routes gives `routeOf` instead.
 */
/** The route of a path, such as `/room/:id` of `/room/8f3a2c71`. */
export declare function routeOf(path: string): string;
