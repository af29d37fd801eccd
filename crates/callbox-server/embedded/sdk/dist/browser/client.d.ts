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
    /**
     * Names the element that shows the other side, so that a frozen picture is noticed by what is seen. Elements of the page are
     * found without; only one within a shadow root needs it.
     */
    handOver(video: HTMLVideoElement): void;
}
