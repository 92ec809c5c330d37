// A worker of node:cluster: serves on the port that all of them share, asks a server when it is told to, and ends by itself.
import cluster from "node:cluster";
import http from "node:http";
import https from "node:https";

const { id } = cluster.worker;

const requested = (client, url) =>
  new Promise((resolve) => {
    const answered = (response) => response.resume().on("end", () => resolve(response.statusCode));
    client.get(url, answered).on("error", ({ code }) => resolve(code));
  });
const fetched = (url) =>
  fetch(url).then(
    async (response) => [response.status, await response.text()],
    ({ cause }) => cause?.code,
  );

const orders = {
  async ask({ secure, plain }) {
    const path = `echo?worker=${id}`;
    process.send({
      https: await requested(https, `${secure}/${path}&https`),
      http: await requested(http, `${plain}/${path}&http`),
      fetch: [await fetched(`${secure}/${path}&fetch`), await fetched(`${plain}/${path}&fetch`)],
    });
  },
  disconnect: () => cluster.worker.disconnect(),
  exit: () => process.exit(3),
  throw: () => {
    process.on("uncaughtExceptionMonitor", ({ code }) => process.send({ uncaught: code }));
    process.on("uncaughtException", () => process.exit(5));
    http.get("http://127.0.0.1:9/nobody-listens", { agent: false });
  },
};

process.on("message", ([order, urls]) => void orders[order](urls));
http
  .createServer((request, response) => {
    const { method, url, headers } = request;
    response.writeHead(200, { date: "then", connection: "close" });
    response.end(JSON.stringify({ method, url, host: headers.host !== undefined, agent: headers["user-agent"] }));
  })
  .listen(0, "127.0.0.1");
