/**
 * A port of loopback here that leads to the same port of loopback in a namespace: a browser there listens for its driver.
 *
 * Each connection is carried by a process of its own, over its standard streams; a driver opens one or two.
 */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { inside } from "./namespaces.mjs";

const CARRY = `
const socket = require("node:net").connect(Number(process.argv[1]), "127.0.0.1");
process.stdin.pipe(socket).pipe(process.stdout);
socket.on("error", () => process.exit(1));
`;

/** Opens a port that is free here. */
export async function openBridge(namespace) {
  const server = createServer((socket) => {
    const [ip, ...words] = [...inside(namespace), process.execPath, "-e", CARRY, String(server.address().port)];
    const carrier = spawn(ip, words, { stdio: ["pipe", "pipe", "inherit"] });
    socket.pipe(carrier.stdin).on("error", () => undefined);
    carrier.stdout.pipe(socket);
    socket.on("error", () => undefined).on("close", () => carrier.kill());
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { port: server.address().port, stop: () => server.close() };
}
