/**
 * Media paths that die in mid-call, between real browsers.
 *
 * Every address that a page learns of the other side is replaced by a link of ours, a UDP port that passes packets
 * on both ways; cutting the links kills the path as a dead network does: silently.
 */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { couple } from "./calls.mjs";
import { face, press, sees } from "./page.mjs";

class Links {
  #links = [];
  #isCut = false;

  /** Puts the links between this browser and all it will talk to. */
  async join(context) {
    await context.exposeFunction("linkTo", (ip, port) => this.#make(ip, port));
    await context.addInitScript(() => {
      const { setRemoteDescription, addIceCandidate } = RTCPeerConnection.prototype;
      const linked = async (text) => {
        const [, before, ip, port, after] = text.match(/^((?:a=)?candidate:\S+ \d+ udp \d+) (\S+) (\d+) (.*)$/s) ?? [];
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

  #make(ip, port) {
    const link = { isCut: this.#isCut, sockets: [] };
    this.#links.push(link);
    const open = (onPacket) => {
      const socket = createSocket(ip.includes(":") ? "udp6" : "udp4", (packet, from) => {
        if (!link.isCut) onPacket(packet, from);
      });
      link.sockets.push(socket);
      return new Promise((resolve) => socket.bind(0, ip, () => resolve(socket)));
    };
    // As a NAT: whoever sends here gets a socket of their own on the far side, so answers find the way back.
    const far = new Map();
    const near = open(async (packet, { address, port: nearPort }) => {
      const name = `${address} ${nearPort}`;
      if (!far.has(name)) far.set(name, open(async (answer) => (await near).send(answer, nearPort, address)));
      (await far.get(name)).send(packet, port, ip);
    });
    return near.then((socket) => socket.address().port);
  }

  get count() {
    return this.#links.length;
  }

  /** The paths that there are die; new ones do too, until `mend`. */
  cut() {
    this.#isCut = true;
    for (const link of this.#links) link.isCut = true;
  }

  /** New paths live; the old ones stay dead. */
  mend() {
    this.#isCut = false;
  }

  close() {
    for (const socket of this.#links.flatMap(({ sockets }) => sockets)) socket.close();
  }
}

async function linkedCouple({ context, origin }, links) {
  return await couple(async (colour) => await links.join(await context(colour)), origin);
}

const interrupted = (page) => page.getByText("The picture is interrupted.");

export const paths = {
  async "a path that dies in mid-call is replaced"(world) {
    const links = new Links();
    try {
      const { red, green } = await linkedCouple(world, links);
      const before = links.count;
      assert.ok(before > 0, "no address was replaced: nothing would be cut");
      links.cut();
      links.mend();
      // Frames that are on the screen already do not count: these are new ones, by a path that was not there before.
      await Promise.all([sees(red, "green"), sees(green, "red")]);
      assert.ok(links.count > before, "nobody searched for new addresses");
      await press(red, "Leave");
      await face(green, "ended", 3_000);
      assert.deepEqual([...red.errors, ...green.errors], []);
    } finally {
      links.close();
    }
  },

  async "without any path the page says so, and after ten seconds the same call goes on"(world) {
    const links = new Links();
    try {
      const { red, green } = await linkedCouple(world, links);
      links.cut();
      await interrupted(green).waitFor({ timeout: 5_000 });
      await green.screenshot({ path: `${world.out}interrupted.png` });
      await green.waitForTimeout(10_000);
      await face(green, "call");
      links.mend();
      await Promise.all([red, green].map((page) => interrupted(page).waitFor({ state: "detached", timeout: 10_000 })));
      await Promise.all([sees(red, "green"), sees(green, "red")]);
      assert.deepEqual([...red.errors, ...green.errors], []);
    } finally {
      links.close();
    }
  },
};
