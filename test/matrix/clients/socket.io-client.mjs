import { io } from "socket.io-client";

for (const url of process.argv.slice(2)) {
  const socket = io(url);
  const echoed = await new Promise((resolve, reject) => {
    socket.on("connect_error", reject);
    socket.on("connect", () => {
      // Long polling first, as is its habit; what counts is that the WebSocket comes about as well.
      const upgraded = () => resolve(socket.emitWithAck("echo", "hello"));
      if (socket.io.engine.transport.name === "websocket") upgraded();
      else socket.io.engine.once("upgrade", upgraded);
    });
  });
  socket.close();
  console.log(JSON.stringify({ url, echoed }));
}
