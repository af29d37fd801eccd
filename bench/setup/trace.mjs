/**
 * Marks what crosses the page's WebSockets, and each step of its peer connections: where the milliseconds go.
 *
 * Only for pages that are asked for with `?traced`, since looking takes time as well.
 */
import { mark } from "./side.mjs";

/** A step that gives a promise, marked when it is done. */
const STEPS = ["createOffer", "createAnswer", "setLocalDescription", "setRemoteDescription", "addIceCandidate"];
const STATES = { connectionstatechange: "connectionState", iceconnectionstatechange: "iceConnectionState", icegatheringstatechange: "iceGatheringState" };

function typeOf(text) {
  return String(text).match(/"type":"([\w-]+)"/)?.[1] ?? "something";
}

if (location.search.includes("traced")) {
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => mark(`<- ${typeOf(data)}`));
    }
    send(text) {
      mark(`-> ${typeOf(text)}`);
      super.send(text);
    }
  };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      mark("new connection");
      for (const [event, state] of Object.entries(STATES)) this.addEventListener(event, () => mark(`${state} ${this[state]}`));
    }
  };
  for (const step of STEPS) {
    const untraced = RTCPeerConnection.prototype[step];
    RTCPeerConnection.prototype[step] = async function (...args) {
      const result = await untraced.apply(this, args);
      mark(`${step} done`);
      return result;
    };
  }
  const { replaceTrack } = RTCRtpSender.prototype;
  RTCRtpSender.prototype.replaceTrack = async function (...args) {
    await replaceTrack.apply(this, args);
    mark(`replaceTrack ${args[0]?.kind} done`);
  };
}
