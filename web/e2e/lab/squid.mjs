/**
 * Debian's squid on a person's gateway: the HTTP proxy of a network that lets nothing else out.
 *
 * It opens tunnels (CONNECT) to port 443 and refuses all else, as it is delivered; nothing is cached or kept but the log.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PROXY_PORT } from "./gateways.mjs";
import * as namespaces from "./namespaces.mjs";

const PROGRAM = "/usr/sbin/squid";

/** Why it can't be started; `null` if it can. */
export const whyNoSquid = () => (existsSync(PROGRAM) ? null : `${PROGRAM} is missing: run \`cargo xtask test --install\``);

const configuration = (address, folder) => `
http_port ${address}:${PROXY_PORT}
acl tunnels method CONNECT
acl https port 443
http_access allow tunnels https
http_access deny all
cache deny all
hosts_file /etc/hosts
dns_nameservers 127.0.0.1
pinger_enable off
netdb_filename none
visible_hostname proxy.lab.test
pid_filename none
coredump_dir ${folder}
cache_log ${folder}/cache.log
access_log stdio:${folder}/access.log
logfile_rotate 0
shutdown_lifetime 0 seconds
`;

/** Starts it at the person's gateway, and waits until it listens. */
export async function startSquid({ namespace, address, folder: parent }) {
  const folder = mkdtempSync(join(parent, "squid-"));
  // It gives up the rights of root for those of a user of its own, who must reach the folder.
  chmodSync(parent, 0o711);
  chmodSync(folder, 0o777);
  writeFileSync(join(folder, "squid.conf"), configuration(address, folder));
  const [ip, ...words] = [...namespaces.inside(namespace), PROGRAM, "-N", "-f", join(folder, "squid.conf")];
  const child = spawn(ip, words, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "exit");
  const log = join(folder, "cache.log");
  const listens = () => existsSync(log) && readFileSync(log, "utf8").includes("Accepting HTTP Socket connections");
  for (let attempt = 0; attempt < 200 && !listens(); attempt++) await pause(50);
  if (!listens()) throw new Error("squid does not listen");
  return {
    url: `http://${address}:${PROXY_PORT}`,
    /** The hosts that it opened tunnels to, one for each tunnel that has ended. */
    tunnels() {
      const lines = readFileSync(join(folder, "access.log"), "utf8").split("\n");
      return lines.map((line) => line.match(/TCP_TUNNEL\/200 \d+ CONNECT (\S+)/)?.[1]).filter(Boolean);
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
