import { Server } from "socket.io";

/** Puts socket.io on a server: an `echo` event is acknowledged with its own argument. Gives what takes it off again. */
export function attachSocketIo(server) {
  const io = new Server(server);
  io.on("connection", (socket) => socket.on("echo", (text, acknowledge) => acknowledge(text)));
  return () => io.close();
}
