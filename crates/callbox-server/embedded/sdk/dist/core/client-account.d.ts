/**
 * The client's lower part: who we are to the server, and what we say of people to it over HTTP.
 */
import type { AgeClass, Invite, ReportCall, User } from "../generated/protocol.js";
import { Account } from "./account.js";
import type { Environment } from "./environment.js";
import { Emitter } from "./events.js";
import type { ClientEvents, ClientOptions } from "./options.js";
export declare class AccountClient<Stream> extends Emitter<ClientEvents<Stream>> {
    #private;
    protected readonly env: Environment<Stream>;
    protected readonly origin: string;
    protected readonly account: Account;
    constructor(env: Environment<Stream>, options: ClientOptions);
    get user(): User | null;
    /** Comes back as the guest of this tab or browser, or becomes a new one. Safe to call twice. */
    signIn(options?: {
        age?: AgeClass;
    }): Promise<User>;
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
    protected setUser(user: User): User;
    /** The server does not know our login any more: the next use signs in anew. */
    protected forgetUser(): void;
}
