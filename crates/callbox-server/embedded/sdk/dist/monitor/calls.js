// src/core/quality.ts
var BEST = 94.768;
function loss({ packets, lost }) {
  return lost === 0 ? 0 : 100 * lost / (packets + lost);
}
function scoreOf(inbound, roundTripMs) {
  const delay = roundTripMs + 2 * inbound.jitterMs + 10;
  const score = BEST - (delay < 160 ? delay / 40 : (delay - 120) / 10) - 2.5 * loss(inbound);
  return Math.max(0, score);
}

// src/monitor/counts.ts
function countsOf(report) {
  const counts = { packets: 0, lost: 0, jitterMs: 0, roundTripMs: 0, isRelayed: false };
  report.forEach(({ type, packetsReceived = 0, packetsLost = 0, jitter = 0, nominated, currentRoundTripTime = 0, ...pair }) => {
    if (type === "inbound-rtp") {
      counts.packets += packetsReceived;
      counts.lost += packetsLost;
      counts.jitterMs = Math.max(counts.jitterMs, 1e3 * jitter);
    }
    if (nominated) {
      counts.roundTripMs = 1e3 * currentRoundTripTime;
      counts.isRelayed = [pair.localCandidateId, pair.remoteCandidateId].some((id) => report.get(id)?.candidateType === "relay");
    }
  });
  return counts;
}
function between(before, { packets: came, lost: gone, jitterMs, roundTripMs }) {
  const packets = came - before.packets;
  const lost = Math.max(0, gone - before.lost);
  const score = packets ? scoreOf({ packets, lost, jitterMs }, roundTripMs) : 0;
  return { level: !score ? "disconnected" : score > 80 ? "excellent" : score > 60 ? "good" : "poor", score, roundTripMs, jitterMs, lost, expected: packets + lost };
}

// src/monitor/course.ts
function makeCourse() {
  const levels = {};
  const sums = { score: 0, roundTripMs: 0, jitterMs: 0, lost: 0, expected: 0 };
  let readings = 0;
  const mean = (sum) => Math.round(sum / readings);
  return (reading) => {
    readings++;
    for (const name in sums) sums[name] += reading[name];
    levels[reading.level] = (levels[reading.level] ?? 0) + 1;
    const [[level]] = Object.entries(levels).sort(([, a], [, b]) => b - a);
    return {
      level,
      score: mean(sums.score),
      rtt_ms: mean(sums.roundTripMs),
      jitter_ms: mean(sums.jitterMs),
      loss_permille: Math.round(1e3 * sums.lost / (sums.expected || 1))
    };
  };
}

// src/monitor/calls.ts
var READ_MS = 5e3;
var CONNECTIONS_MAX = 8;
function follow(page, began) {
  const { core, current: view } = page;
  const call = page.call(began);
  const course = makeCourse();
  let connected = 0;
  core.isInCall = true;
  return {
    call,
    connect() {
      if (connected) return;
      connected = core.now();
      call.setup_ms = connected - began;
      page.soon(view);
    },
    take(reading, more) {
      core.level = reading.level;
      view.beacon.connection = call.quality = { ...course(reading), ...more };
    },
    /** Ends it, for this cause. The app's own word of what became of it counts more. */
    end(cause) {
      core.isInCall = false;
      if (connected) call.duration_ms = core.now() - connected;
      call.outcome ??= /denied/.test(cause) ? "denied" : /failed|lost/.test(cause) ? connected ? "dropped" : "failure" : connected ? "success" : "left";
      page.soon(view);
    }
  };
}
function makeCalls(page) {
  const watched = /* @__PURE__ */ new Map();
  let last;
  return {
    watch(at, client) {
      let running;
      const take = (state, at2 = page.core.now()) => {
        if (state.name === "ended") {
          running?.end(state.reason.cause);
          running = void 0;
        } else if ("match" in state) {
          (running ??= follow(page, at2)).call.call = state.match.call;
          if (state.name === "connected") running.connect();
        }
      };
      take(client.state, at);
      client.on("state", (state) => take(state));
      client.on("quality", (quality) => quality && running?.take(quality));
      client.on("error", ({ code, message, stack }) => page.fail(code.startsWith("media") ? "media" : "sdk", { name: code, message, stack }));
    },
    watchPeerConnection(at, connection) {
      if (watched.has(connection) || watched.size >= CONNECTIONS_MAX) return;
      const running = last = follow(page, at);
      let before = countsOf(/* @__PURE__ */ new Map());
      const look = async () => {
        if (connection.connectionState === "connected") {
          running.connect();
          const counts = countsOf(await connection.getStats());
          if (counts.packets) running.take(between(before, counts), { is_relayed: counts.isRelayed });
          before = counts;
        }
        end();
      };
      const end = () => {
        const state = connection.connectionState;
        if (!/failed|closed/.test(state) || !watched.delete(connection)) return;
        clearInterval(timer);
        running.end(state);
      };
      const timer = setInterval(look, READ_MS);
      watched.set(connection, end);
      connection.addEventListener("connectionstatechange", look);
      void look();
    },
    /** What the app says of its last call counts more than what its connection showed. */
    call(at, outcome, cause) {
      const { call, end } = last ?? follow(page, at);
      Object.assign(call, { outcome, cause });
      end("");
      last = void 0;
    },
    endClosed: () => watched.forEach((end) => end())
  };
}
export {
  makeCalls
};
