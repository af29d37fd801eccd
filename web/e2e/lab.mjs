/**
 * A network lab: two people, each with two uplinks behind NAT gateways of their own, a server, and long wires between.
 *
 *     person --uplink-- gateway (NAT) ==wire== router -- server
 *
 * A wire (lab/link.py) takes a quarter of the round trip `p` between the two people, so that the server, at the router,
 * is p/2 from each. An uplink can go silent, a person can move to the other one, a person's browser can sleep, server
 * and relay can crash: all by real means, and the page is told nothing that a laptop would not tell it.
 * Addresses are those set aside for tests of networks (RFC 2544), and none of it is reached from outside.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executablePath as chromium, startBrowser } from "./browser.mjs";
import { executablePath as firefox, startFirefox } from "./firefox.mjs";
import { openBridge } from "./lab/bridge.mjs";
import { startLink } from "./lab/link.mjs";
import * as namespaces from "./lab/namespaces.mjs";
import { startServer } from "./server.mjs";

export { whyNot } from "./lab/namespaces.mjs";

const SERVER = "198.18.0.2";
/** Uplinks by the order of their wires; each has a network of its own on both sides of its gateway. */
const UPLINKS = ["a0", "a1", "b0", "b1"];
const lan = (index) => `192.168.${10 + index}`;
const wan = (index) => `198.18.${10 + index}`;
/** Browsers open the camera over HTTPS alone, but for origins that they are told of. Ports of what may serve pages. */
const PAGE_PORTS = [8080, 8081, 8082];

/**
 * As routers at home: what was not asked for is dropped without a word, before the connection table takes note of it,
 * since it would then take another port for what goes out to there. Only the network's own addresses go out. A ping
 * of the gateway is answered, so that a lab can be measured.
 */
const RULES = (network) => `
table ip lab {
  chain input {
    type filter hook input priority 0; policy drop;
    iifname { "lo", "lan" } accept
    icmp type echo-request accept
    ct state established,related accept
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan" ip saddr ${network}.0/24 accept
  }
  chain out {
    type nat hook postrouting priority 100;
    oifname "wan" masquerade
  }
}
`;

let labs = 0;

/** Builds one, with `p` ms between the two people; it is taken away by `close`, or with the process. */
export async function openLab(p = 50) {
  namespaces.sweep();
  const number = labs++;
  const named = (name) => namespaces.named(`${number}-${name}`);
  const [router, server] = [named("router"), named("server")];
  const people = { a: named("a"), b: named("b") };
  const gateways = UPLINKS.map((uplink) => named(`gateway-${uplink}`));
  const all = [router, server, ...Object.values(people), ...gateways];
  const folder = mkdtempSync(join(tmpdir(), "callbox-lab-"));
  const remove = () => {
    all.forEach(namespaces.remove);
    rmSync(folder, { recursive: true, force: true });
  };
  namespaces.atExit(remove);
  namespaces.make(all, [router, ...gateways]);
  connectServer(router, server);
  const wires = UPLINKS.map((uplink) => [`${number}${uplink}`, router, uplink, gateways[UPLINKS.indexOf(uplink)]]);
  const link = await startLink(wires);
  for (const [index, uplink] of UPLINKS.entries()) connectUplink(index, uplink, router, gateways[index], people[uplink[0]]);
  const current = { a: 0, b: 0 };
  const started = [];
  const keep = (thing) => (started.push(thing), thing);
  for (const side of ["a", "b"]) useUplink(side);

  /** Gives the person the way out that is `current`, and takes the other one away: in one go, as when a cable is pulled. */
  function useUplink(side) {
    const [now, before] = [current[side], 1 - current[side]];
    const index = UPLINKS.indexOf(`${side}${now}`);
    namespaces.ip(people[side], [
      `link set up${before} down`,
      `addr flush dev up${before}`,
      `link set up${now} up`,
      `addr add ${lan(index)}.2/24 dev up${now}`,
      `route replace default via ${lan(index)}.1 dev up${now}`,
    ]);
  }

  const wire = (side) => UPLINKS.indexOf(`${side}${current[side]}`);
  const lab = {
    people,
    server,
    /** The origin of what listens on this port of the server's namespace. */
    origin: (port) => `http://${SERVER}:${port}`,
    async setRoundTrip(ms) {
      for (const index of UPLINKS.keys()) await link.delay(index, ms / 4);
    },
    cut: (side) => link.cut(wire(side)),
    restore: (side) => link.restore(wire(side)),
    /** Silence both ways on the uplink in use; ends when the network is back. */
    async outage(side, ms) {
      await lab.cut(side);
      await new Promise((done) => setTimeout(done, ms));
      await lab.restore(side);
    },
    /** The person's address and way out become those of the other uplink. */
    switch(side) {
      current[side] = 1 - current[side];
      useUplink(side);
    },
    /** Stops all processes of the person's browser, as a lid that is closed; `wake` opens it. */
    sleep: (side) => namespaces.signalAll(people[side], "SIGSTOP"),
    wake: (side) => namespaces.signalAll(people[side], "SIGCONT"),
    /** The real server, with its relay unless `settings` say otherwise; everybody comes from few addresses here. */
    async startServer(settings = {}, port = PAGE_PORTS[0]) {
      const all = { rate_limits: "off", relay_allowed_peers: "198.18.0.0/15", ...settings };
      return keep(await startServer(all, { listen: `${SERVER}:${port}`, within: namespaces.inside(server) }));
    },
    /** A program beside the server, which ends with its namespace. */
    spawn(program, args, options) {
      const [ip, ...words] = [...namespaces.inside(server), program, ...args];
      return spawn(ip, words, options);
    },
    /** A file as the server's namespace has it. */
    readInServer: (path) => namespaces.runIn(server, "cat", [path]),
    /** The person's own browser, behind their gateway. */
    async startBrowser(side, colour, framesPerSecond, scene) {
      const origins = PAGE_PORTS.map(lab.origin).join();
      const args = [`--unsafely-treat-insecure-origin-as-secure=${origins}`];
      return keep(await startBrowser(colour, framesPerSecond, scene, { program: lab.wrapped(side, chromium), args }));
    },
    async startFirefox(side) {
      const { port } = keep(await openBridge(people[side]));
      return keep(await startFirefox({ program: lab.wrapped(side, firefox), port, secureHost: SERVER }));
    },
    /** A program that starts this one in the person's namespace. */
    wrapped(side, program) {
      const path = join(folder, `${side}-${program.replaceAll("/", "-")}`);
      writeFileSync(path, `#!/bin/sh\nexec ${namespaces.inside(people[side]).join(" ")} ${program} "$@"\n`, { mode: 0o755 });
      return path;
    },
    /** Milliseconds there and back between the two people's networks, of so many pings. */
    async ping(count = 20) {
      const far = wan(UPLINKS.indexOf(`b${current.b}`));
      return times(namespaces.runIn(people.a, "ping", ["-q", "-c", count, "-i", "0.02", `${far}.2`]));
    },
    async close() {
      // Browsers that sleep would never end.
      for (const side of ["a", "b"]) lab.wake(side);
      for (const thing of started.reverse()) await thing.stop();
      link.stop();
      remove();
    },
  };
  await lab.setRoundTrip(p);
  return lab;
}

function connectServer(router, server) {
  namespaces.ip(null, [`link add srv netns ${router} type veth peer name eth netns ${server}`]);
  namespaces.ip(router, ["addr add 198.18.0.1/24 dev srv", "link set srv up"]);
  namespaces.ip(server, [`addr add ${SERVER}/24 dev eth`, "link set eth up", "route add default via 198.18.0.1"]);
}

function connectUplink(index, uplink, router, gateway, person) {
  const device = `up${uplink[1]}`;
  namespaces.ip(null, [`link add lan netns ${gateway} type veth peer name ${device} netns ${person}`]);
  namespaces.ip(router, [`addr add ${wan(index)}.1/24 dev ${uplink}`, `link set ${uplink} up`]);
  namespaces.ip(gateway, [`addr add ${lan(index)}.1/24 dev lan`, "link set lan up", `addr add ${wan(index)}.2/24 dev wan`, "link set wan up", "route add default dev wan"]);
  namespaces.runIn(gateway, "nft", ["-f", "-"], RULES(lan(index)));
}

/** The smallest, mean, largest and deviation from a summary of `ping`. */
function times(text) {
  const [min, mean, max, deviation] = text
    .match(/= ([\d.]+)\/([\d.]+)\/([\d.]+)\/([\d.]+) ms/)
    .slice(1)
    .map(Number);
  return { min, mean, max, deviation };
}
