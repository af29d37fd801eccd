/**
 * A relay on Socket.IO as an app would write it, with what its documentation advises for load: WebSocket only, no
 * compression, and no reference to the first request. The token is checked in a middleware.
 */
import { Server } from "socket.io";
import { guestServer, idOf, listen } from "./guests.mjs";

const server = guestServer();
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
const sockets = new Map();

io.engine.on("connection", (connection) => {
  connection.request = null;
});

io.use((socket, next) => {
  const id = idOf(socket.handshake.auth.token);
  if (id === null) return next(new Error("no valid token"));
  socket.data.id = id;
  next();
});

io.on("connection", (socket) => {
  const { id } = socket.data;
  sockets.set(id, socket);
  socket.on("signal", ({ to, data }) => sockets.get(to)?.emit("signal", { from: id, data }));
  socket.on("disconnect", () => {
    if (sockets.get(id) === socket) sockets.delete(id);
  });
});

listen(server);
