/**
 * The state of a media connection as evidence for the call's record: how many addresses of each kind it had to try, and how far it came.
 * It draws no conclusion, and no address leaves the page.
 */
import type { Evidence } from "../generated/protocol.js";
import type { Peer } from "./environment.js";
export declare function evidenceOf(call: string, peer: Pick<Peer, "traces">): Evidence;
