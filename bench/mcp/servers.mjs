/** The servers that the bridges speak to: a stub, which costs next to nothing, and the reference server of the protocol's authors. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { cleanEnvironment, start } from "../processes.mjs";

/** @returns {Promise<{ name: string, url: string, isServerBound: boolean, stop(): void }>} */
export async function startStub() {
  const { first, stop } = await start("mcp/stub.mjs");
  return { name: "stub server", url: first.url, isServerBound: false, stop };
}

/** @returns {Promise<{ name: string, url: string, isServerBound: boolean, stop(): void }>} */
export async function startEverything() {
  const port = await freePort();
  const entry = import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js");
  const child = spawn(process.execPath, [fileURLToPath(entry), "streamableHttp"], {
    env: cleanEnvironment({ PORT: String(port) }),
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${port}/mcp`;
  await listening(url, child);
  return { name: "server-everything", url, isServerBound: true, stop: () => child.kill() };
}

/** It takes a port by number alone, and says so in words that may change. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(url, child) {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) break;
    const answered = await fetch(url, { method: "GET" }).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("server-everything did not start");
}
