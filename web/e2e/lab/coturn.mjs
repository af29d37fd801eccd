/**
 * Debian's coturn in the server's namespace of a lab: a relay that can crash while the server continues.
 *
 * It takes the credentials that a Callbox server makes from a secret that both know.
 */
import { setTimeout as pause } from "node:timers/promises";

const SECRET = "of-the-lab";
const PORT = 3479;
/** Relayed ports apart from those of a server's own relay in the same namespace. */
const PORTS = ["--min-port=40000", "--max-port=45000"];

/** The settings of a server whose only relay is this. */
export const coturnSettings = {
  relay_listen: "off",
  ice_servers: `[{ urls = ["turn:198.18.0.2:${PORT}"], secret = "${SECRET}" }]`,
};

/** Starts it and waits until it listens. */
export async function startCoturn(lab) {
  const args = ["-n", "--no-cli", "--no-tls", "--no-dtls", "--realm=lab", "--log-file=stdout", "--simple-log", "--pidfile="];
  args.push("--listening-ip=198.18.0.2", "--relay-ip=198.18.0.2", `--listening-port=${PORT}`, ...PORTS);
  args.push("--use-auth-secret", `--static-auth-secret=${SECRET}`);
  let child;
  let ended;
  const coturn = {
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async restart() {
      child = lab.spawn("turnserver", args, { stdio: "ignore" });
      ended = new Promise((done) => child.once("exit", done));
      await listening(lab);
    },
  };
  await coturn.restart();
  return coturn;
}

/** Looks at the namespace's own list of UDP sockets. */
async function listening(lab) {
  const port = `:${PORT.toString(16).toUpperCase().padStart(4, "0")} `;
  for (let attempt = 0; attempt < 200; attempt++) {
    if (lab.readInServer("/proc/net/udp").includes(port)) return;
    await pause(20);
  }
  throw new Error("coturn does not listen");
}
