/**
 * The server of PeerJS as it comes, with room for as many clients as the load has: its own limit is 5,000. It has a
 * key, and checks a token only against a second client of the same id.
 */
import { PeerServer } from "peer";

const options = { host: "127.0.0.1", port: 0, concurrent_limit: 20_000 };

PeerServer(options, (server) => console.log(server.address().port));
