/**
 * A network lab: two people, each with two uplinks behind NAT gateways of their own, a server, and long wires between.
 *
 *     person --uplink-- gateway (NAT) ==wire== router -- server
 *
 * A wire (lab/link.py) takes a quarter of the round trip `p` between the two people, so that the server, at the
 * router, is p/2 from each. An uplink can go silent, a person can move to the other one, a person's browser can
 * sleep, server and relay can crash, gateways become ones of another kind (lab/gateways.mjs): all by real means, and
 * the page gets only the events that a laptop would give it.
 * Addresses are those set aside for tests of networks (RFC 2544), and none of it is reached from outside. Browsers
 * trust an authority of the lab's own, which certifies the server by its name, and know that name by a hosts file.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executablePath as chromium, startBrowser } from "./browser.mjs";
import { executablePath as firefox, startFirefox } from "./firefox.mjs";
import { Authority } from "./lab/authority.mjs";
import { openBridge } from "./lab/bridge.mjs";
import { become, gateways as kinds } from "./lab/gateways.mjs";
import { startLink } from "./lab/link.mjs";
import * as namespaces from "./lab/namespaces.mjs";
import { probe, startProbe } from "./lab/probe.mjs";
import { startServer } from "./server.mjs";

export { whyNot } from "./lab/namespaces.mjs";

const SERVER = "198.18.0.2";
/** The address of a server that has a name and a certificate: it wants ports that the other one may have too. */
const NAMED = "198.18.0.3";
const NAME = "call.lab.test";
/** The addresses of the probe of gateways. */
const PROBE = ["198.18.0.4", "198.18.0.5"];
/** Uplinks by the order of their wires; each has a network of its own on both sides of its gateway. */
const UPLINKS = ["a0", "a1", "b0", "b1"];
const lan = (index) => `192.168.${10 + index}`;
const wan = (index) => `198.18.${10 + index}`;
/** Of a network without NAT. */
const routed = (index) => `198.19.${10 + index}`;
/** Browsers open the camera over HTTPS alone, but for the origins in their settings. Ports of servers that may serve
 * pages. */
const PAGE_PORTS = [8080, 8081, 8082];

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
  const authority = new Authority(join(folder, "trust"));
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
  for (const name of [...Object.values(people), ...gateways]) namespaces.setHosts(name, `127.0.0.1 localhost\n${NAMED} ${NAME}\n`);
  const current = { a: 0, b: 0 };
  const homes = {};
  let prober;
  const kindOf = { a: "restricted", b: "restricted" };
  const started = [];
  const keep = (thing) => (started.push(thing), thing);
  const networkOf = (index) => (kinds[kindOf[UPLINKS[index][0]]].isPublic ? routed : lan)(index);
  for (const side of ["a", "b"]) useUplink(side);

  /** Gives the person the way out that is `current`, and takes the other one away: in one go, as when a cable is pulled. */
  function useUplink(side) {
    const [now, before] = [current[side], 1 - current[side]];
    const index = UPLINKS.indexOf(`${side}${now}`);
    namespaces.ip(people[side], [
      `link set up${before} down`,
      `addr flush dev up${before}`,
      `addr flush dev up${now}`,
      `link set up${now} up`,
      `addr add ${networkOf(index)}.2/24 dev up${now}`,
      `route replace default via ${networkOf(index)}.1 dev up${now}`,
    ]);
  }

  const wire = (side) => UPLINKS.indexOf(`${side}${current[side]}`);
  const lab = {
    people,
    server,
    /** The origin of the listener on this port of the server's namespace. */
    origin: (port) => `http://${SERVER}:${port}`,
    async setRoundTrip(ms) {
      for (const index of UPLINKS.keys()) await link.delay(index, ms / 4);
    },
    /** This share of packets is lost on the way from one person to the other, and of those to the server about half of it. */
    async setLoss(share) {
      for (const index of UPLINKS.keys()) await link.lose(index, 1 - Math.sqrt(1 - share));
    },
    /** Both of the person's gateways become ones of this kind. Calls through them are lost. */
    setGateway(side, kind) {
      const wasPublic = kinds[kindOf[side]].isPublic;
      kindOf[side] = kind;
      for (const [index, uplink] of UPLINKS.entries()) if (uplink[0] === side) become(gateways[index], kind, networkOf(index));
      if (wasPublic !== kinds[kind].isPublic) useUplink(side);
    },
    /** The behaviour of the person's gateway, by the words of RFC 5780. */
    async probe(side) {
      prober ??= startProbe(server, PROBE).then(keep);
      await prober;
      return await probe(people[side], PROBE);
    },
    /** The gateway that the person is behind now, and its address there. */
    gateway: (side) => ({ namespace: gateways[wire(side)], address: `${networkOf(wire(side))}.1`, folder }),
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
    /** The files of a certificate that the browsers here trust. */
    certify: (name) => authority.certify(name),
    /** The same at its name, with a certificate that the browsers trust and with HTTPS on the port that it has by right. */
    async startNamedServer(settings = {}) {
      const { certificate, key } = lab.certify(NAME);
      const tls = { tls: "files", tls_certificate: certificate, tls_key: key, public_url: `https://${NAME}` };
      const all = { rate_limits: "off", relay_allowed_peers: "198.18.0.0/15", ...tls, ...settings };
      const running = keep(await startServer(all, { listen: `${NAMED}:443`, within: namespaces.inside(server) }));
      return Object.assign(Object.create(running), { origin: `https://${NAME}` });
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
      const profile = authority.profile(side);
      return keep(await startFirefox({ program: lab.wrapped(side, firefox), port, secureHost: SERVER, profile }));
    },
    /** A program that starts this one in the person's namespace, with a home of the person's own. */
    wrapped(side, program) {
      const path = join(folder, `${side}-${program.replaceAll("/", "-")}`);
      homes[side] ??= authority.home(side);
      writeFileSync(path, `#!/bin/sh\nexport HOME=${homes[side]}\nexec ${namespaces.inside(people[side]).join(" ")} ${program} "$@"\n`, { mode: 0o755 });
      return path;
    },
    /** Milliseconds there and back between the two people's networks, of so many pings, and the share that got no answer. */
    async ping(count = 20) {
      const far = wan(UPLINKS.indexOf(`b${current.b}`));
      return figures(namespaces.runIn(people.a, "ping", ["-q", "-c", count, "-i", "0.02", `${far}.2`]));
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
  const own = [SERVER, NAMED, ...PROBE].map((address) => `addr add ${address}/24 dev eth`);
  namespaces.ip(server, [...own, "link set eth up", "route add default via 198.18.0.1"]);
}

function connectUplink(index, uplink, router, gateway, person) {
  const device = `up${uplink[1]}`;
  namespaces.ip(null, [`link add lan netns ${gateway} type veth peer name ${device} netns ${person}`]);
  namespaces.ip(router, [`addr add ${wan(index)}.1/24 dev ${uplink}`, `link set ${uplink} up`, `route add ${routed(index)}.0/24 dev ${uplink}`]);
  const own = [lan, routed].map((network) => `addr add ${network(index)}.1/24 dev lan`);
  namespaces.ip(gateway, [...own, "link set lan up", `addr add ${wan(index)}.2/24 dev wan`, "link set wan up", "route add default dev wan"]);
  become(gateway, "restricted", lan(index));
}

/** The smallest, mean, largest and deviation from a summary of `ping`, and the loss. */
function figures(text) {
  const lost = Number(text.match(/([\d.]+)% packet loss/)[1]) / 100;
  const [min, mean, max, deviation] = text
    .match(/= ([\d.]+)\/([\d.]+)\/([\d.]+)\/([\d.]+) ms/)
    .slice(1)
    .map(Number);
  return { min, mean, max, deviation, lost };
}
