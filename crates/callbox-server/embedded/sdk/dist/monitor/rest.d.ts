import type { Core, Rest } from "./boot.js";
export declare function run(core: Core): Rest;
