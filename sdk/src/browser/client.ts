/**
 * The client with a browser's environment: what an app uses.
 */
import { Client } from "../core/client.js";
import type { ClientOptions } from "../core/options.js";
import type { Environment } from "../core/environment.js";
import { browserEnvironment } from "./environment.js";

export class CallboxClient extends Client<MediaStream> {
  constructor(options: ClientOptions & { environment?: Environment<MediaStream> } = {}) {
    super(options.environment ?? browserEnvironment(), options);
  }
}
