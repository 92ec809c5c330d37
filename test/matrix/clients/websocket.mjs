for (const url of process.argv.slice(2)) {
  const socket = new WebSocket(url.replace(/^http/, "ws"));
  const echoed = await new Promise((resolve, reject) => {
    socket.addEventListener("open", () => socket.send("hello"));
    socket.addEventListener("message", (event) => resolve(event.data));
    socket.addEventListener("error", (event) => reject(event.error ?? new Error("the WebSocket failed")));
  });
  socket.close();
  console.log(JSON.stringify({ url, echoed }));
}
