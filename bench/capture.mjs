#!/usr/bin/env node
/**
 * What `sallyport run --capture` costs beside plain `run`, and beside proxychains-ng where that is installed: start-up, latency of a connection, bulk.
 * All of it on loopback, through a proxy that leads every CONNECT to one server.
 *
 *   node scripts/build.mjs --no-types && node bench/capture.mjs
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../dist/cli/bin.cjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
const client = join(folder, "client.mjs");
const MiB = Buffer.alloc(1 << 20);

const origin = createServer((request, response) => {
  if (request.url !== "/bulk") return response.end("ok");
  let left = 512;
  const write = () => {
    while (left-- > 0) if (!response.write(MiB)) return response.once("drain", write);
    return response.end();
  };
  return write();
});
const originPort = await listening(origin);
const proxy = createServer().on("connect", (_request, socket) => {
  const upstream = connect(originPort, "127.0.0.1", () => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    socket.pipe(upstream).pipe(socket);
  });
  for (const side of [socket, upstream]) side.on("error", () => (socket.destroy(), upstream.destroy()));
});
const proxyPort = await listening(proxy);

/** Asks with a socket of its own each time: by the proxy that a variable names, or straight at the name. */
writeFileSync(
  client,
  `import { connect } from "node:net";
const [how, port] = process.argv.slice(2);
const head = (path) => "GET " + path + " HTTP/1.1\\r\\nHost: origin.test\\r\\nConnection: close\\r\\n\\r\\n";
const ask = (path) => new Promise((resolve, reject) => {
  const begun = process.hrtime.bigint();
  let bytes = 0;
  const proxy = how === "variable" ? new URL(process.env.HTTPS_PROXY) : undefined;
  const socket = connect(Number(proxy?.port ?? port), proxy?.hostname ?? "origin.test", () => {
    if (proxy === undefined) return socket.write(head(path));
    const login = Buffer.from(decodeURIComponent(proxy.username + ":" + proxy.password)).toString("base64");
    socket.write("CONNECT origin.test:" + port + " HTTP/1.1\\r\\nHost: origin.test:" + port + "\\r\\nProxy-Authorization: Basic " + login + "\\r\\n\\r\\n");
    socket.once("data", () => socket.write(head(path)));
  });
  socket.on("data", (chunk) => (bytes += chunk.length)).on("error", reject);
  socket.on("close", () => resolve({ ms: Number(process.hrtime.bigint() - begun) / 1e6, bytes }));
});
for (let index = 0; index < 50; index++) await ask("/");
const times = [];
for (let index = 0; index < 300; index++) times.push((await ask("/")).ms);
let fastest = 0;
for (let index = 0; index < 3; index++) {
  const { ms, bytes } = await ask("/bulk");
  fastest = Math.max(fastest, bytes / 1000 / ms);
}
times.sort((one, other) => one - other);
console.log(JSON.stringify({ median: times[150], best: times[0], bulk: fastest }));`,
);
const chains = join(folder, "proxychains.conf");
writeFileSync(chains, `strict_chain\nproxy_dns\n[ProxyList]\nhttp 127.0.0.1 ${proxyPort}\n`);

const run = (...options) => [process.execPath, cli, "run", "--no-check", ...options, "--"];
const ways = [
  { name: "sallyport run --only gateway", before: run("--only", "gateway"), how: "variable", port: 8443 },
  { name: "sallyport run --capture, a usual port", before: run("--capture"), how: "name", port: 8443 },
  { name: "sallyport run --capture, another port", before: run("--capture"), how: "name", port: 8444 },
  { name: "proxychains-ng", before: ["proxychains4", "-q", "-f", chains], how: "name", port: 8443 },
];
console.log("| way | start-up (`true`), best of 10 | a connection, median | best | bulk |\n|---|---:|---:|---:|---:|");
for (const { name, before, how, port } of ways) {
  if (spawnSync(before[0], ["--help"], { stdio: "ignore" }).error !== undefined) continue;
  const starts = [];
  for (let index = 0; index < 10; index++) {
    const begun = performance.now();
    await start([...before, "true"]);
    starts.push(performance.now() - begun);
  }
  const { median, best, bulk } = JSON.parse(await start([...before, process.execPath, client, how, String(port)]));
  console.log(
    `| ${name} | ${Math.min(...starts).toFixed(0)} ms | ${median.toFixed(2)} ms | ${best.toFixed(2)} ms | ${bulk.toFixed(0)} MB/s |`,
  );
}
rmSync(folder, { recursive: true, force: true });
process.exit();

function listening(server) {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

function start([program, ...args]) {
  const env = { PATH: process.env.PATH, HOME: folder, HTTPS_PROXY: `http://127.0.0.1:${proxyPort}` };
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  return new Promise((resolve) => child.once("close", () => resolve(output)));
}
