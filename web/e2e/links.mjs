/**
 * Networks between real browsers that can be made bad, without rights that a test should not need.
 *
 * Every address that a page learns of the other side is replaced by a link of ours, a UDP port that passes packets on
 * both ways. Links can be cut, which kills the path as a dead network does: silently. The packets of a page over all
 * of its links together go through one pipe, which can be narrow, lossy and long. Signaling does not go through it.
 */
import { createSocket } from "node:dgram";

/** More than the pipe takes waits as in a router, up to so much; the rest is dropped. */
const QUEUE_MS = 300;
/** The bytes of IP and UDP before each packet. */
const HEADER_BYTES = 28;

/** A page's packets under way. A new pipe takes everything at once. */
class Pipe {
  kbps = Infinity;
  /** The share of packets that is lost, 0 to 1. */
  loss = 0;
  delayMs = 0;
  #random;
  #freeAt = 0;
  #queue = [];
  #timer;

  constructor(seed) {
    this.#random = chance(seed);
  }

  send(bytes, deliver) {
    const now = performance.now();
    const sentAt = Math.max(now, this.#freeAt);
    if (this.#random() < this.loss || sentAt - now > QUEUE_MS) return;
    this.#freeAt = sentAt + ((bytes + HEADER_BYTES) * 8) / this.kbps;
    this.#queue.push({ at: this.#freeAt + this.delayMs, deliver });
    if (this.#queue.length === 1) this.#deliver();
  }

  close() {
    clearTimeout(this.#timer);
    this.#queue = [];
  }

  #deliver() {
    while (this.#queue[0]?.at <= performance.now()) this.#queue.shift().deliver();
    if (this.#queue.length > 0) this.#timer = setTimeout(() => this.#deliver(), this.#queue[0].at - performance.now());
  }
}

/** Numbers from 0 to 1 that are the same in each run. */
function chance(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export class Links {
  #links = [];
  #isCut = false;
  #isDropped = () => false;
  /** The packets of each of the two, in the order in which they joined. */
  #pipes = [];

  /** Puts the links between this browser, a context of playwright's or a page of puppeteer's, and all it will talk to. */
  async join(context) {
    const here = this.#pipes.length;
    this.#pipes.push(new Pipe(here + 1));
    await context.exposeFunction("linkTo", (ip, port) => this.#make(ip, port, here));
    // Playwright's word, or puppeteer's.
    await (context.addInitScript ?? context.evaluateOnNewDocument).call(context, () => {
      const { setRemoteDescription, addIceCandidate } = RTCPeerConnection.prototype;
      const linked = async (text) => {
        const [, before, ip, port, after] = text.match(/^((?:a=)?candidate:\S+ \d+ udp \d+) (\S+) (\d+) (.*)$/is) ?? [];
        return ip ? `${before} ${ip} ${await globalThis.linkTo(ip, Number(port))} ${after}` : text;
      };
      RTCPeerConnection.prototype.setRemoteDescription = async function (description) {
        const lines = await Promise.all(description.sdp.split("\r\n").map(linked));
        return await setRemoteDescription.call(this, { ...description, sdp: lines.join("\r\n") });
      };
      RTCPeerConnection.prototype.addIceCandidate = async function (candidate) {
        return await addIceCandidate.call(this, { ...candidate, candidate: await linked(candidate.candidate) });
      };
    });
    return context;
  }

  #make(ip, port, here) {
    const link = { isCut: this.#isCut, sockets: [] };
    this.#links.push(link);
    const open = (from, onPacket) => {
      const socket = createSocket(ip.includes(":") ? "udp6" : "udp4", (packet, sender) => {
        if (this.#isDropped(packet)) return;
        this.#pipes[from].send(packet.length, () => {
          if (!link.isCut) onPacket(packet, sender);
        });
      });
      link.sockets.push(socket);
      return new Promise((resolve) => socket.bind(0, ip, () => resolve(socket)));
    };
    // As a NAT: a sender to here gets a socket of its own on the far side, so answers find the way back.
    const far = new Map();
    const near = open(here, async (packet, { address, port: nearPort }) => {
      const name = `${address} ${nearPort}`;
      if (!far.has(name))
        far.set(
          name,
          open(1 - here, async (answer) => (await near).send(answer, nearPort, address)),
        );
      (await far.get(name)).send(packet, port, ip);
    });
    return near.then((socket) => socket.address().port);
  }

  get count() {
    return this.#links.length;
  }

  /** Sets the network, both ways: `kbps`, `loss`, `delayMs`; a value that is left out stays. */
  limit(limits) {
    for (const pipe of this.#pipes) Object.assign(pipe, limits);
  }

  /** Packets of this kind are lost from now on. */
  drop(isMeant) {
    this.#isDropped = isMeant;
  }

  /** The paths that there are die; new ones do too, until `restore`. */
  cut() {
    this.#isCut = true;
    for (const link of this.#links) link.isCut = true;
  }

  /** New paths live; the old ones stay dead. */
  restore() {
    this.#isCut = false;
  }

  close() {
    for (const pipe of this.#pipes) pipe.close();
    for (const socket of this.#links.flatMap(({ sockets }) => sockets)) socket.close();
  }
}
