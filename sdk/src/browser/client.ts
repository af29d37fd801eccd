/**
 * The client with a browser's environment: what an app uses.
 */
import { Client } from "../core/client.js";
import type { ClientOptions } from "../core/options.js";
import type { Environment } from "../core/environment.js";
import { browserEnvironment } from "./environment.js";
import { handOver } from "./view.js";

export class CallboxClient extends Client<MediaStream> {
  constructor(options: ClientOptions & { environment?: Environment<MediaStream> } = {}) {
    super(options.environment ?? browserEnvironment(), options);
  }

  /**
   * Names the element that shows the other side, so that a frozen picture is noticed by what is seen. Elements of the page are
   * found without; only one within a shadow root needs it.
   */
  handOver(video: HTMLVideoElement): void {
    handOver(video);
  }
}
