/**
 * The changes to the other side's description: a word here and there, and never a line less.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepingPart, tuned } from "../src/browser/sdp.js";
import { firstOfEach } from "../src/browser/sections.js";

const SDP = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "a=rtpmap:0 PCMU/8000",
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98",
  "a=rtpmap:96 VP8/90000",
  "a=rtpmap:97 rtx/90000",
  "a=fmtp:97 apt=96",
  "a=rtpmap:98 H264/90000",
  "a=fmtp:98 profile-level-id=42e01f",
  "a=unknown:line of another browser",
  "",
].join("\r\n");

test("silence and the first bitrate are named where their codecs are", () => {
  const lines = tuned(SDP, { startKbps: 600.4, dtx: true }).split("\r\n");
  for (const line of [
    "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1",
    "a=fmtp:96 x-google-start-bitrate=600",
    "a=fmtp:98 profile-level-id=42e01f;x-google-start-bitrate=600",
    "a=fmtp:97 apt=96",
  ]) {
    assert.ok(lines.includes(line), line);
  }
  assert.equal(lines.length, SDP.split("\r\n").length + 1);
});

test("what is not wanted, not known or said already is left as it is", () => {
  assert.equal(tuned(SDP, { startKbps: null, dtx: false }), SDP);
  const once = tuned(SDP, { startKbps: 600, dtx: true });
  assert.equal(tuned(once, { startKbps: 600, dtx: true }), once);
  assert.equal(tuned("", { startKbps: 600, dtx: true }), "");
});

test("a later offer names the part in DTLS that was agreed, whoever answered; a first one makes its sender the client", () => {
  const offer = "m=audio\r\na=setup:actpass\r\nm=video\r\na=setup:actpass\r\n";
  const kept = (part: string) => offer.replaceAll("actpass", part);
  const answer = { type: "answer", sdp: kept("active") };
  const ask = { type: "offer", sdp: offer };
  assert.equal(keepingPart(offer, null, null), kept("active"));
  assert.equal(keepingPart(offer, ask, answer), kept("active"));
  assert.equal(keepingPart(offer, answer, ask), kept("passive"));
});

const part = (kind: string, mid: number, ...more: string[]) => [`m=${kind} 9 UDP/TLS/RTP/SAVPF 96`, `a=mid:${mid}`, ...more, ""].join("\r\n");
const session = (...mids: number[]) => `v=0\r\na=group:BUNDLE ${mids.join(" ")}\r\n`;

test("of a description the first sound, the first picture and the first channel for data are taken, and the rest is refused", () => {
  const usual = session(0, 1, 2) + part("audio", 0) + part("video", 1) + part("application", 2);
  assert.equal(firstOfEach(usual), usual);
  assert.equal(firstOfEach(""), "");
  const refused = (kind: string, mid: number) => part(kind, mid).replace(" 9 ", " 0 ");
  assert.equal(
    firstOfEach(session(0, 1, 2, 3) + part("audio", 0) + part("video", 1) + part("video", 2, "a=bundle-only") + part("audio", 3)),
    session(0, 1) + part("audio", 0) + part("video", 1) + refused("video", 2) + refused("audio", 3),
  );
  const recycled = session(1) + refused("video", 0) + part("video", 1);
  assert.equal(firstOfEach(recycled), recycled, "one that is refused already is not the first");
  assert.equal(
    firstOfEach(session(0) + part("video", 0, "a=rid:a recv", "a=rid:b recv", "a=simulcast:recv a;b", "a=sendrecv")),
    session(0) + part("video", 0, "a=sendrecv"),
    "one size of it",
  );
  assert.throws(() => firstOfEach(session() + part("video", 0).repeat(33)), /more than 32/);
});
