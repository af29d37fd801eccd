/**
 * The process that carries packets along the lab's wires, and the commands that it takes.
 *
 * A command has ended when the process has said so: from then on packets are treated by it.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as namespaces from "./namespaces.mjs";

const program = fileURLToPath(new URL("link.py", import.meta.url));

/** Lays wires: each is a short name, the namespace of its near end and the name there, and that of its far end, if it
 * is `wan`. */
export async function startLink(wires) {
  // Names of devices have 15 letters at most, and are in the machine's own namespace for a moment.
  const mine = process.pid.toString(36);
  const ends = wires.map(([name]) => [`cb${mine}${name}n`, `cb${mine}${name}f`]);
  const child = spawn("python3", [program, ...ends.flat()], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const expect = async (word) => {
    const { value } = await lines.next();
    if (value !== word) throw new Error(`the wires' process said ${value} instead of ${word}`);
  };
  await expect("ready");
  const moves = wires.flatMap(([, near, nearName, far], index) => [
    `link set ${ends[index][0]} netns ${near} name ${nearName}`,
    `link set ${ends[index][1]} netns ${far} name wan`,
  ]);
  namespaces.ip(null, moves);
  // One after another, since each waits for its own answer.
  let queue = Promise.resolve();
  const command = (line) => {
    const done = queue.then(() => {
      child.stdin.write(`${line}\n`);
      return expect("done");
    });
    queue = done.catch(() => undefined);
    return done;
  };
  return {
    delay: (wire, ms) => command(`delay ${wire} ${ms}`),
    cut: (wire) => command(`cut ${wire}`),
    lose: (wire, share) => command(`lose ${wire} ${share}`),
    restore: (wire) => command(`restore ${wire}`),
    stop: () => child.stdin.end(),
  };
}
