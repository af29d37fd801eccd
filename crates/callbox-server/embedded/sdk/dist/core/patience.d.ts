/**
 * How patient the negotiation of a call is, in milliseconds, and how often it tries.
 */
/** A connection that is not there after this long never comes. */
export declare const CONNECT_MS = 15000;
/** After so long without a sign of the other side the call ends. */
export declare const GIVE_UP_MS = 30000;
/** A person who closes the page and opens it again is back within this. */
export declare const AWAY_MS = 10000;
/** An offer that is not answered for so long may be lost; doubled each time. A dead network keeps it for longer, and delivers it. */
export declare const PATIENCE_MS = 4000;
/** The same if the other side reconnected after the offer was made. */
export declare const PATIENCE_BACK_MS = 1000;
/** So long after an answer everything should be seen again; then the next, stronger step follows. */
export declare const REPAIR_MS = 2000;
export declare const REPAIR_MS_MAX = 8000;
/** While sound comes, a picture that no new connection has repaired is the other side's camera, or the network: no hurry. */
export declare const FROZEN_REPAIR_MS_MAX = 60000;
/**
 * After a change of network a new connection is sooner there than a restarted one: Chromium looks for another path ten times
 * more often where it has none yet, than where it still believes in the old one, which it does for 2.5 s.
 */
export declare const NETWORK_MS = 3000;
/**
 * A side that moved to another network asks for a new connection within this, a side that merely hears nothing asks for a restart
 * at once. A restart that is offered sooner must end before the new connection can begin.
 */
export declare const WORD_MS = 500;
/** A new connection takes so much longer than a restart: it has DTLS to do. */
export declare const CONNECTING_MS = 2000;
/** Once all has been well for so long, the next trouble is another. */
export declare const WELL_MS = 5000;
export declare const APART_MS = 1000;
export declare const APART_MS_MAX = 16000;
/** So many steps of one trouble are taken at once where something asks for them: a lost session, a returning page, a failed step. */
export declare const FORCED_MAX = 6;
/** So long what waited for a new socket may be on its way. */
export declare const ARRIVING_MS = 60;
/** So many steps of one call may fail in the browser: each is odd, and none should. */
export declare const BROKEN_MAX = 4;
