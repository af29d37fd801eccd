/**
 * Finds the behaviour of a gateway, by the tests of RFC 5780 (sections 4.3 and 4.4): the port that it maps to, and the
 * senders that it lets in.
 *
 * One half answers at two addresses with two ports each, and at a few ports of TCP; the other half asks from behind the
 * gateway and prints what it found. They speak JSON instead of STUN, so that a fault in ours is not repeated here.
 *
 *     node probe.mjs serve ADDRESS ADDRESS      until its standard input ends; says "ready"
 *     node probe.mjs ask ADDRESS ADDRESS        a second or two
 */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import * as namespaces from "./namespaces.mjs";

const program = fileURLToPath(import.meta.url);
const UDP_PORTS = [7001, 7002];
const TCP_PORTS = [443, 3478];
/** A question is sent so often before its answer counts as lost; the machine may be busy. */
const TRIES = 8;
const TRY_MS = 150;
/** The same of an answer that a gateway may keep out, once the way is known to work. */
const KEPT_TRIES = 4;
/** A packet that has not arrived so long after the first answer was kept out. */
const LATE_MS = 400;
/** A port that is closed by silence; the first packet of TCP is sent again after a second. */
const TCP_MS = 1_300;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Starts the half that answers, in a namespace that has both addresses. */
export async function startProbe(namespace, addresses) {
  const [ip, ...words] = [...namespaces.inside(namespace), process.execPath, program, "serve", ...addresses];
  const child = spawn(ip, words, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended.then(() => Promise.reject(new Error("the probe ended at once")))]);
  return {
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Asks from inside a namespace; the result has the members of a gateway's `behaviour`. */
export async function probe(namespace, addresses) {
  const [ip, ...words] = [...namespaces.inside(namespace), process.execPath, program, "ask", ...addresses];
  const child = spawn(ip, words, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`the probe ended with ${code}`))),
  ]);
  return JSON.parse(line);
}

async function bound(address) {
  const socket = createSocket("udp4");
  await new Promise((done, fail) => socket.once("error", fail).bind(...address, done));
  // From behind a gateway that refuses a port with ICMP.
  socket.on("error", () => undefined);
  return socket;
}

async function serve(addresses) {
  const sockets = await Promise.all(addresses.map((address) => Promise.all(UDP_PORTS.map((port) => bound([port, address])))));
  for (const socket of sockets.flat()) {
    socket.on("message", (message, { address, port }) => {
      const {
        id,
        from: [by, at],
        to = port,
      } = JSON.parse(message);
      sockets[by][at].send(JSON.stringify({ id, seen: { address, port } }), to, address);
    });
  }
  for (const port of TCP_PORTS) {
    const server = createServer((socket) => socket.on("error", () => undefined).end());
    await new Promise((done) => server.listen(port, addresses[0], done));
  }
  console.log("ready");
  process.stdin.on("end", () => process.exit()).resume();
}

/** A socket with a question: the packets that reach it, by the question's id. */
async function asker() {
  const socket = await bound([0]);
  const answers = new Map();
  socket.on("message", (message) => {
    const { id, seen } = JSON.parse(message);
    answers.set(id, seen);
  });
  const { port } = socket.address();
  return {
    port,
    answers,
    /** Asks `to`, until the answer to `id` is here or can't be expected any more. */
    async ask(id, to, question, tries = TRIES) {
      for (let attempt = 0; attempt < tries && !answers.has(id); attempt++) {
        socket.send(JSON.stringify({ id, ...question }), to.port, to.address);
        await pause(TRY_MS);
      }
      return answers.get(id);
    },
  };
}

/** Test I asks one address, II another one, III that one's other port: which address do they see each time? */
async function mappingOf([first, second], [port, otherPort]) {
  const { ask, port: own } = await asker();
  const one = await ask("I", { address: first, port }, { from: [0, 0] });
  if (!one) return { hasUdp: false };
  const two = await ask("II", { address: second, port }, { from: [1, 0] });
  const three = await ask("III", { address: second, port: otherPort }, { from: [1, 1] });
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all.map(({ address }) => address));
  const isOwn = own === one.port && addresses.includes(one.address);
  const isSame = (a, b) => a.address === b.address && a.port === b.port;
  const changing = isSame(two, three) ? "address-dependent" : "address-and-port-dependent";
  const mapping = isSame(one, two) ? "endpoint-independent" : changing;
  return { hasUdp: true, mapping: isOwn ? "none" : mapping };
}

/** One question to one address, with answers from elsewhere, and one to a port of ours that nothing was sent from. */
async function filteringOf([address], [port]) {
  const [one, silent] = await Promise.all([asker(), asker()]);
  const to = { address, port };
  if (!(await one.ask("I", to, { from: [0, 0] }))) return {};
  const questions = { II: { from: [1, 1] }, III: { from: [0, 1] }, unasked: { from: [0, 0], to: silent.port } };
  await Promise.all(Object.entries(questions).map(([id, question]) => one.ask(id, to, question, KEPT_TRIES)));
  await pause(LATE_MS);
  const dependent = one.answers.has("III") ? "address-dependent" : "address-and-port-dependent";
  return { filtering: one.answers.has("II") ? "endpoint-independent" : dependent, takesUnasked: silent.answers.has("unasked") };
}

async function opens(address, port) {
  const socket = connect(port, address);
  const outcome = new Promise((done) => socket.once("connect", () => done(true)).once("error", () => done(false)));
  const isOpen = await Promise.race([outcome, pause(TCP_MS).then(() => false)]);
  socket.destroy();
  return isOpen;
}

async function ask(addresses) {
  const [mapping, filtering, ...open] = await Promise.all([
    mappingOf(addresses, UDP_PORTS),
    filteringOf(addresses, UDP_PORTS),
    ...TCP_PORTS.map((port) => opens(addresses[0], port)),
  ]);
  console.log(JSON.stringify({ ...mapping, ...filtering, tcp: TCP_PORTS.filter((_, index) => open[index]) }));
  process.exit();
}

if (process.argv[1] === program) await { serve, ask }[process.argv[2]](process.argv.slice(3));
