/**
 * `@callbox/client/data/core`: the cache without a framework.
 */
import type { Client } from "../core/client.js";
import { CallboxData } from "./data.js";
import type { DataClient, DataOptions } from "./data.js";
import type { DataEnvironment } from "./environment.js";
export { CallboxData } from "./data.js";
export type { DataClient, DataOptions, PathOptions } from "./data.js";
export { dataEnvironment } from "./environment.js";
export type { DataEnvironment } from "./environment.js";
export type { AnswerStore, KeptAnswer } from "./kept.js";
export type { CacheStats, QueryStats } from "./stats.js";
/** The client's cache: the same one each time. Options count the first time. */
export declare function dataFor(client: Pick<Client<never>, keyof DataClient> | Pick<Client<MediaStream>, keyof DataClient>, options?: DataOptions & {
    environment?: DataEnvironment;
}): CallboxData;
