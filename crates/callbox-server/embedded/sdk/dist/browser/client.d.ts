/**
 * The client with a browser's environment: what an app uses.
 */
import { Client } from "../core/client.js";
import type { ClientOptions } from "../core/options.js";
import type { Environment } from "../core/environment.js";
export declare class CallboxClient extends Client<MediaStream> {
    constructor(options?: ClientOptions & {
        environment?: Environment<MediaStream>;
    });
}
