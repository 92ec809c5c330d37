import WebSocket from "ws";

for (const url of process.argv.slice(2)) {
  const socket = new WebSocket(url.replace(/^http/, "ws"));
  const echoed = await new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => socket.send("hello"));
    socket.on("message", (data) => resolve(new TextDecoder().decode(data)));
  });
  socket.close();
  console.log(JSON.stringify({ url, echoed }));
}
