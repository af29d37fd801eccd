/**
 * The server of PeerJS as it comes, with room for as many clients as the load has: its own limit is 5,000. It has a
 * key, and checks a token only against a second client of the same id. `node peer.mjs [HOST [PORT]]`.
 */
import { PeerServer } from "peer";

const [host = "127.0.0.1", port = 0] = process.argv.slice(2);
const options = { host, port: Number(port), concurrent_limit: 20_000 };

PeerServer(options, (server) => console.log(server.address().port));
