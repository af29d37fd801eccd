/**
 * Addresses of the other side's own network: set aside if the two have public addresses that differ, never lost.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mayBeNear, setAside } from "../src/browser/near.js";

const candidate = (address: string, kind: string) => `a=candidate:1 1 udp 2122 ${address} 50000 typ ${kind} generation 0`;
const sdp = (...candidates: string[]) =>
  ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", ...candidates, "a=ice-ufrag:abcd", "a=mid:0", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", ""].join("\r\n");
const PUBLIC = candidate("198.51.100.7", "srflx");

test("private, link-local and unnamed addresses are set aside, with all that a candidate needs to be added later", () => {
  for (const address of ["10.1.2.3", "172.16.0.1", "172.31.0.1", "192.168.7.7", "169.254.1.1", "100.64.0.9", "fd00::1", "fe80::1", "4f3c.local"]) {
    const line = candidate(address, "host");
    const parted = setAside(sdp(line, PUBLIC));
    assert.equal(parted.sdp, sdp(PUBLIC), address);
    assert.deepEqual(parted.near, [{ candidate: line.slice(2), sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "abcd" }]);
  }
});

test("public addresses, relays, and what only looks private stay", () => {
  const lines = [
    candidate("203.0.113.5", "host"),
    candidate("172.32.0.1", "host"),
    candidate("100.128.0.1", "host"),
    candidate("2001:db8::1", "host"),
    candidate("10.0.0.9", "relay"),
    PUBLIC,
  ];
  assert.deepEqual(setAside(sdp(...lines)), { sdp: sdp(...lines), near: [] });
});

test("without a public address nothing is set aside: the two may have no other way", () => {
  const text = sdp(candidate("192.168.7.7", "host"), candidate("203.0.113.5", "relay"));
  assert.deepEqual(setAside(text), { sdp: text, near: [] });
});

test("whoever shares a public address, or knows none of their own, may be near", () => {
  const other = sdp(candidate("198.51.100.9", "srflx"));
  assert.equal(mayBeNear(sdp(PUBLIC), sdp(PUBLIC)), true);
  assert.equal(mayBeNear(sdp(PUBLIC), other), false);
  assert.equal(mayBeNear(sdp(), other), true);
});
