// src/browser/stats.ts
var REPORT_MS_MAX = 1e4;
async function all(connection) {
  const stats = /* @__PURE__ */ new Map();
  (await connection.getStats()).forEach((one) => stats.set(one.id, one));
  return stats;
}
var figure = (stats, name) => Number(stats?.[name] ?? 0);
var sum = (list, name) => list.reduce((total, stats) => total + figure(stats, name), 0);
var ofType = (stats, type) => [...stats.values()].filter((one) => one.type === type);
async function flow(connection, presented) {
  const stats = await all(connection);
  const came = ofType(stats, "inbound-rtp").filter((one) => figure(one, "packetsReceived") > 0);
  if (came.length === 0) return null;
  const bytes = Math.max(sum(ofType(stats, "transport"), "bytesReceived"), sum(came, "bytesReceived"));
  return {
    bytes,
    hasPath: connection.connectionState === "connected",
    decoded: sum(came, "framesDecoded"),
    presented,
    packets: sum(
      came.filter((one) => one["kind"] === "audio"),
      "packetsReceived"
    ),
    samples: sum(came, "totalSamplesReceived") - sum(came, "concealedSamples")
  };
}
async function reading(connection) {
  const stats = await all(connection);
  const pair = selectedPair(stats);
  const now = Math.max(...[...stats.values()].map((one) => figure(one, "timestamp")));
  const theirs = ofType(stats, "remote-inbound-rtp").filter((one) => figure(one, "timestamp") > now - REPORT_MS_MAX);
  const known = (value, factor) => typeof value === "number" ? value * factor : null;
  const roundTrips = theirs.map((one) => known(one["roundTripTime"], 1e3)).filter((ms) => ms !== null);
  return {
    // Firefox says 0 of a pair that it never measured.
    roundTripMs: known(pair?.["currentRoundTripTime"] || void 0, 1e3) ?? roundTrips[0] ?? null,
    availableKbps: known(pair?.["availableOutgoingBitrate"], 1 / 1e3),
    receivedBytes: sum(ofType(stats, "inbound-rtp"), "bytesReceived"),
    sentBytes: sum(ofType(stats, "outbound-rtp"), "bytesSent"),
    sound: inbound(stats, "audio"),
    picture: inbound(stats, "video"),
    lostThere: Math.max(0, ...theirs.map((one) => figure(one, "fractionLost")))
  };
}
async function firstFrame(connection) {
  const inbound2 = ofType(await all(connection), "inbound-rtp");
  const comes = (kind) => inbound2.some((one) => one["kind"] === kind && figure(one, "packetsReceived") > 0);
  return { isDecoded: inbound2.some((one) => figure(one, "framesDecoded") > 0), isSoundAlone: comes("audio") && !comes("video") };
}
async function path(connection) {
  const stats = await all(connection);
  const pair = selectedPair(stats);
  const kind = (id) => stats.get(String(id))?.["candidateType"];
  const [local, remote] = [kind(pair?.["localCandidateId"]), kind(pair?.["remoteCandidateId"])];
  return local && remote ? { local, remote } : null;
}
function selectedPair(stats) {
  const transport = ofType(stats, "transport")[0];
  const pairs = ofType(stats, "candidate-pair");
  return stats.get(String(transport?.["selectedCandidatePairId"])) ?? pairs.find((pair) => pair["selected"] === true);
}
function inbound(stats, kind) {
  const streams = ofType(stats, "inbound-rtp").filter((one) => one["kind"] === kind);
  if (streams.length === 0) return null;
  return {
    packets: sum(streams, "packetsReceived"),
    lost: sum(streams, "packetsLost"),
    jitterMs: 1e3 * Math.max(...streams.map((one) => figure(one, "jitter"))),
    freezes: sum(streams, "freezeCount"),
    freezeMs: 1e3 * sum(streams, "totalFreezesDuration")
  };
}
export {
  firstFrame,
  flow,
  path,
  reading
};
