/**
 * The client's lower part: who we are to the server, and what we say of people to it over HTTP.
 */
import type { AgeClass, Invite, ReportCall, User } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import { Emitter } from "./events.js";
import { Login } from "./login.js";
import type { ClientEvents, ClientOptions } from "./options.js";
import type { makeAccount, makeHistory, makeProfile } from "./people.js";
export declare abstract class AccountClient<Stream> extends Emitter<ClientEvents<Stream>> {
    #private;
    /** From a guest to an account, and who may use it. */
    readonly account: ReturnType<typeof makeAccount>;
    /** What people in a call see of each other. */
    readonly profile: ReturnType<typeof makeProfile>;
    /** The calls that were, and the people whom one blocked. */
    readonly history: ReturnType<typeof makeHistory>;
    protected readonly env: Environment<Stream>;
    protected readonly origin: string;
    /** For what has no method here: `client.login.ask("GET", "users")` asks the HTTP interface as who we are. */
    readonly login: Login;
    constructor(env: Environment<Stream>, options: ClientOptions);
    get user(): User | null;
    /** Comes back as who we were in this tab or browser, or becomes a new guest. Safe to call twice. */
    signIn(options?: {
        age?: AgeClass;
    }): Promise<User>;
    /** Comes back as who we were, and makes no guest of nobody: `null` then. */
    restore(): Promise<User | null>;
    /** Answers the age question: once, for good. */
    setAge(age: AgeClass): Promise<User>;
    /** Makes a link for somebody you know; both of you then `join` its code. */
    createInvite(): Promise<Invite>;
    /** Never meet the other person of this call again. */
    block(call: string): Promise<void>;
    /** Complains about the other person of this call to those who run the server, and blocks them. */
    report(call: string, report: ReportCall): Promise<void>;
    /** Says how good this call was: 1 to 5 stars. The last word counts. */
    rate(call: string, stars: number): Promise<void>;
    /** We are somebody else now, or nobody: whatever was begun ends. */
    protected abstract handleLeft(): void;
    protected setUser<Somebody extends User | null>(user: Somebody): Somebody;
    /** The server does not know our login any more: the next use signs in anew. */
    protected forgetUser(): void;
}
