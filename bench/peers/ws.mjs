/**
 * The floor in Node: a relay on `ws` that reads whom a message is for and passes it on as it came. The token is
 * checked before the upgrade.
 */
import { WebSocketServer } from "ws";
import { guestServer, idOf, listen } from "./guests.mjs";

const server = guestServer();
const relay = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const sockets = new Map();

server.on("upgrade", (request, stream, head) => {
  const token = new URL(request.url, "http://localhost").searchParams.get("token");
  const id = idOf(token);
  if (id === null) {
    stream.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  relay.handleUpgrade(request, stream, head, (socket) => {
    sockets.set(id, socket);
    socket.on("message", (message) => {
      const text = message.toString();
      sockets.get(JSON.parse(text).to)?.send(text);
    });
    socket.on("close", () => {
      if (sockets.get(id) === socket) sockets.delete(id);
    });
    socket.send('{"type":"welcome"}');
  });
});

listen(server);
