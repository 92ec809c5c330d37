// Asks a server of this machine as often as it is told to, and says what that cost: the same file with and without the preload.
import http from "node:http";

const agent = new http.Agent({ keepAlive: true });
const clients = {
  "node:http": (url) =>
    new Promise((resolve, reject) => {
      http.get(url, { agent }, (response) => response.resume().once("end", resolve)).once("error", reject);
    }),
  "node:http, new connections": (url) =>
    new Promise((resolve, reject) => {
      http.get(url, { agent: false }, (response) => response.resume().once("close", resolve)).once("error", reject);
    }),
  fetch: async (url) => (await fetch(url)).arrayBuffer(),
};

process.on("message", async ({ client, url, count }) => {
  const ask = clients[client];
  // Not how long it took: what others do on the machine would be in it.
  const start = process.cpuUsage();
  for (let done = 0; done < count; done++) await ask(url);
  const { user, system } = process.cpuUsage(start);
  process.send({ client, microseconds: user + system });
});
