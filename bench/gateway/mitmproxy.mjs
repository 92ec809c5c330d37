/** mitmproxy, where it is installed: a program of its own (Python), not of npm. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { listen } from "../upstream.mjs";
import { cleanEnvironment } from "../processes.mjs";

/** @returns {string | undefined} its version, undefined where it is not installed */
export function mitmproxyVersion() {
  const { status, stdout } = spawnSync("mitmdump", ["--version"], { env: cleanEnvironment(), encoding: "utf8" });
  return status === 0 ? stdout.match(/Mitmproxy: (\S+)/)?.[1] : undefined;
}

export async function startMitmproxy(site, way) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const port = await freePort();
  const own = ["--quiet", "--listen-host", "127.0.0.1", "--listen-port", String(port), "--set", `confdir=${folder}`];
  const args = [...own, ...settings(site, way, folder)];
  const child = spawn("mitmdump", args, { env: cleanEnvironment(), stdio: "ignore" });
  const stop = () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await listening(port, child);
    const ca = readFileSync(join(folder, "mitmproxy-ca-cert.pem"), "utf8");
    return { via: { port, ca }, usage: async () => usage(child.pid), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

function settings({ proxy, root, cert, key }, way, folder) {
  const file = (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const chain = ["--mode", `upstream:${proxy.url}`, "--set", `upstream_auth=${proxy.username}:${proxy.password}`];
  if (way === "intercepted") {
    const identity = ["--set", `client_certs=${file("client.pem", key + cert)}`];
    const trust = ["--set", `ssl_verify_upstream_trusted_ca=${file("root.pem", root)}`];
    return [...chain, ...identity, ...trust];
  }
  const untouched = ["--ignore-hosts", ".*"];
  return way === "chained" ? [...chain, ...untouched] : untouched;
}

/** It cannot be told to take any free port and say which. */
async function freePort() {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

/** It says nothing when it is ready. */
async function listening(port, child) {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await delay(50)) {
    if (child.exitCode !== null) throw new Error(`mitmdump ended with ${child.exitCode}`);
    if (await accepts(port)) return;
  }
  throw new Error("mitmdump did not start within 30 s");
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

/** From /proc, in ticks of a hundredth of a second; where there is none, unknown. */
function usage(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return { cpu: (Number(fields[11]) + Number(fields[12])) * 10_000, rss: pages * 4096 };
  } catch {
    return { cpu: Number.NaN, rss: Number.NaN };
  }
}
