/**
 * Company for a user who waits alone: a second client in the page, with a picture and a tone of its own.
 *
 * Its media go through a real peer connection. It comes when nobody else has, echoes what it receives, and leaves when the
 * person does; it never takes a person from another. One at a time, made anew each time.
 */
import type { Environment } from "../core/environment.js";
import type { MockFrame } from "./session.js";
import type { Tabs } from "./tabs.js";
export declare class Company {
    #private;
    constructor(env: Environment<MediaStream>, tabs: Tabs);
    /** A frame for the person, who is this user. */
    handle(frame: MockFrame, user: string): void;
    leave(): void;
}
