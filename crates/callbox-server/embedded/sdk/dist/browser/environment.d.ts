/**
 * The world as a browser has it. Small adapters only: nothing is decided here.
 */
import type { Environment } from "../core/environment.js";
export declare function browserEnvironment(): Environment<MediaStream>;
