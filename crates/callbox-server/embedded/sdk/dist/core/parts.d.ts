/**
 * The parts of a client beside its wait and call. Each part owns one thing, and none knows the others.
 */
import type { CallView } from "./call-view.js";
import type { Calls } from "./calls.js";
import type { CurrentUser } from "./current-user.js";
import type { Environment } from "./environment.js";
import type { Emit } from "./events.js";
import type { Link } from "./link.js";
import type { Media } from "./media.js";
import type { ClientEvents, ClientOptions } from "./options.js";
import type { KeptCalls } from "./kept-call.js";
import type { Wishes } from "./wish.js";
export interface Parts<Stream> {
    readonly options: ClientOptions;
    readonly env: Environment<Stream>;
    /** Tells those who listen to the client. */
    readonly emit: Emit<ClientEvents<Stream>, keyof ClientEvents<Stream>>;
    readonly user: CurrentUser;
    readonly media: Media<Stream>;
    readonly view: CallView<Stream>;
    readonly wishes: Wishes;
    readonly keptCalls: KeptCalls;
    readonly link: Link;
    readonly calls: Calls<Stream>;
}
