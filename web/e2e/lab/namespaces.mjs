/**
 * Network namespaces of a test's own: made, wired, filled with processes, and removed again in every case.
 *
 * Names carry the pid of the process that made them, so that those of a process that was killed are found and swept by
 * the next one. Nothing in the machine's own namespace is touched. Needs root on Linux; `whyNot` returns the obstacle.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";

const FOLDER = "/run/netns";
/** A file in the folder here with a namespace's name replaces the same file in /etc for programs in that namespace. */
const ETC = "/etc/netns";
const PREFIX = "callbox-lab-";

/** Why this machine cannot have namespaces with links of ours between them; `null` if it can. */
export function whyNot() {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid() !== 0) return "network namespaces need root";
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch {
    return "/dev/net/tun cannot be opened";
  }
  for (const [program, flag] of [
    ["ip", "-V"],
    ["nft", "-v"],
    ["python3", "-V"],
    ["conntrack", "-V"],
    ["openssl", "version"],
    ["certutil", "-H"],
  ]) {
    if (spawnSync(program, [flag]).error) return `${program} is missing: run \`cargo xtask test --install\``;
  }
  const probe = `${PREFIX}${process.pid}-probe`;
  const made = spawnSync("ip", ["netns", "add", probe]);
  if (made.status !== 0) return `no network namespace could be made: ${made.stderr}`.trim();
  remove(probe);
  return null;
}

/** The full name of a namespace of this process. */
export const named = (name) => `${PREFIX}${process.pid}-${name}`;

/** The words before a program that is to run in this namespace. */
export const inside = (namespace) => ["ip", "netns", "exec", namespace];

/** Runs a program in the namespace and returns its output. */
export function runIn(namespace, program, args, input = "") {
  const [ip, ...words] = [...inside(namespace), program, ...args];
  return execFileSync(ip, words, { input, encoding: "utf8", stdio: ["pipe", "pipe", "inherit"] });
}

/** Several commands of `ip` at once, in a namespace or, without one, in the namespace of the wires. */
export function ip(namespace, commands) {
  const where = namespace === null ? [] : ["-n", namespace];
  execFileSync("ip", [...where, "-batch", "-"], { input: commands.join("\n"), stdio: ["pipe", "ignore", "inherit"] });
}

/** Makes these, with loopback, without IPv6, whose own addresses would only delay a test, and as routers if wanted. */
export function make(namespaces, routers) {
  ip(
    null,
    namespaces.map((name) => `netns add ${name}`),
  );
  for (const name of namespaces) {
    const settings = ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"];
    if (routers.includes(name)) settings.push("net.ipv4.ip_forward=1");
    runIn(name, "sh", [
      "-c",
      settings
        .map((line) => line.replaceAll(".", "/").split("="))
        .map(([path, value]) => `echo ${value} > /proc/sys/${path}`)
        .join("; "),
    ]);
    ip(name, ["link set lo up"]);
  }
}

/** Gives programs that are started in it from now on a hosts file of its own, and no other way to find a name: a
 * look-up fails at once. */
export function setHosts(namespace, text) {
  mkdirSync(`${ETC}/${namespace}`, { recursive: true });
  writeFileSync(`${ETC}/${namespace}/hosts`, text);
  writeFileSync(`${ETC}/${namespace}/resolv.conf`, "nameserver 127.0.0.1\n");
}

/** The processes that run in it now. */
export function pidsIn(namespace) {
  const answer = spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" });
  return (answer.stdout ?? "").split("\n").filter(Boolean).map(Number);
}

/** Sends a signal to everything in the namespace. */
export function signalAll(namespace, signal) {
  for (const pid of pidsIn(namespace)) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // One that ended meanwhile.
      if (error.code !== "ESRCH") throw error;
    }
  }
}

/** Ends the programs in it and removes it; safe to call for one that is gone. */
export function remove(namespace) {
  if (!existsSync(`${FOLDER}/${namespace}`)) return;
  signalAll(namespace, "SIGKILL");
  spawnSync("ip", ["netns", "del", namespace]);
  rmSync(`${ETC}/${namespace}`, { recursive: true, force: true });
}

/** Removes the namespaces of processes that were killed. */
export function sweep() {
  if (!existsSync(FOLDER)) return;
  for (const name of readdirSync(FOLDER)) {
    const pid = name.startsWith(PREFIX) && name.slice(PREFIX.length).match(/^\d+/)?.[0];
    if (pid && !existsSync(`/proc/${pid}`)) remove(name);
  }
}

const endings = [];

/** Does this when the process ends, for whatever reason but SIGKILL. */
export function atExit(act) {
  if (endings.length === 0) {
    process.once("exit", () => endings.forEach((ending) => ending()));
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ])
      process.once(signal, () => process.exit(code));
  }
  endings.push(act);
}
