/**
 * The current user, the login that proves it, and the requests about them, loaded when first needed.
 */
import type { AgeClass, User } from "../generated/protocol.js";
import type { Emit } from "./events.js";
import { Login } from "./login.js";
import type { LoginEnvironment } from "./login.js";
import type { ClientEvents } from "./options.js";
import type { makeAccount, makeHistory, makeProfile } from "./people.js";
export declare class CurrentUser {
    #private;
    readonly login: Login;
    readonly account: ReturnType<typeof makeAccount>;
    readonly profile: ReturnType<typeof makeProfile>;
    readonly history: ReturnType<typeof makeHistory>;
    /** `onLeft`: we are somebody else now, or nobody, so whatever was begun ends. */
    constructor(env: LoginEnvironment, origin: string, emit: Emit<ClientEvents<never>, "user">, onLeft: () => void);
    get user(): User | null;
    /** The server says who we are. */
    set<Somebody extends User | null>(user: Somebody): Somebody;
    signIn(age?: AgeClass): Promise<User>;
    restore(): Promise<User | null>;
    setAge(age: AgeClass): Promise<User>;
    /** The server does not know our login any more: the next use signs in anew. */
    forget(): void;
}
