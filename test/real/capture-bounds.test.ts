import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Enclave } from "../matrix/support/enclave.js";
import { builtCli } from "./support/built.js";
import { findProgram } from "./support/programs.js";

const missing =
  Enclave.whatIsMissing() ??
  ["nft", "curl", "python3", "setpriv"].map((name) => (findProgram(name) ? undefined : name)).find(Boolean);
if (missing !== undefined) console.log(`the bounds of capture: SKIPPED, for want of ${missing}`);

const folder = mkdtempSync(join(tmpdir(), "sallyport-bounds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);

/** More names than are kept. Then the first one's address is dialled, and the last one's. */
const flood = `import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.connect(("127.0.0.1", 53))
def ask(name):
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\\0"
    s.send(struct.pack(">6H", 7, 256, 1, 0, 0, 0) + labels + struct.pack(">2H", 1, 1))
    return socket.inet_ntoa(s.recv(512)[-4:])
def dial(address):
    c = socket.socket(); c.settimeout(5)
    try:
        c.connect((address, 80)); c.send(b"GET / HTTP/1.1\\r\\nHost: last.corp.test\\r\\nConnection: close\\r\\n\\r\\n")
        return c.recv(100).split(b"\\r")[0].decode()
    except OSError as error: return type(error).__name__
first = ask("first.corp.test")
for index in range(32768): ask("flood-%d.corp.test" % index)
last = ask("last.corp.test")
print(dial(first)); print(dial(last))`;

describe.skipIf(missing !== undefined)("what a captured command does to get out otherwise", () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("by the proxy\n");
  });
  let enclave: Enclave;
  beforeAll(async () => {
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    enclave = await Enclave.open();
  });
  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await enclave[Symbol.asyncDispose]();
  });

  async function capture(script: string, before: readonly string[] = []) {
    const seenAs = `${enclave.address}:${await enclave.relay((proxy.address() as AddressInfo).port)}`;
    const run = [process.execPath, builtCli, "run", "--capture", "--no-check", "--", "sh", "-c", script];
    await enclave.packets();
    asked.length = 0;
    const child = spawn("ip", [...enclave.prefix.slice(1), ...before, ...run], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 25_000,
      env: {
        PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
        HOME: folder,
        HTTP_PROXY: `http://${seenAs}`,
      },
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [status] = (await once(child, "close")) as [number | null];
    return { status, stdout, stderr, astray: (await enclave.packets()).filter(({ to }) => to !== seenAs) };
  }
  const curl = (name: string): string => `env -i ${findProgram("curl")} -sS -m 5 http://${name}.corp.test/`;

  test.skipIf(findProgram("bwrap") === undefined)(
    "bubblewrap that shares the network is captured, and with a network of its own it has none",
    async () => {
      const script = `bwrap --unshare-user --unshare-pid --dev-bind / / ${curl("shared")}
        bwrap --unshare-user --unshare-net --dev-bind / / ${curl("alone")}; echo $?`;
      const { stdout, stderr, astray } = await capture(script);
      expect({ stdout, asked, astray }, stderr).toEqual({
        stdout: "by the proxy\n6\n",
        asked: ["http://shared.corp.test/"],
        astray: [],
      });
    },
  );

  test("a command that drops root's rights is captured as before", async () => {
    const script = `setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'id -u; ${curl("dropped")}'`;
    const { stdout, stderr, astray } = await capture(script);
    expect({ stdout, asked, astray }, stderr).toEqual({
      stdout: "65534\nby the proxy\n",
      asked: ["http://dropped.corp.test/"],
      astray: [],
    });
  });

  test("of a flood of names the latest are kept; an address whose name has been given up is reset, and a fault says so", async () => {
    writeFileSync(file("flood.py"), flood);
    const { stdout, stderr, astray } = await capture(`python3 ${file("flood.py")}; exit 4`);
    expect({ stdout, asked, astray }, stderr).toEqual({
      stdout: "ConnectionResetError\nHTTP/1.1 200 OK\n",
      asked: ["http://last.corp.test/"],
      astray: [],
    });
    expect(stderr).toContain("the command has connected to 198.18.1.0, whose name has been given up for newer ones");
    expect(stderr).toContain("[DNS_NOT_FOUND]");
  });

  test("a command that ends the process that captures it has no way out any more, and is told of", async () => {
    const script = `${curl("before")}; kill -9 $PPID; sh -c '${curl("after")}' > ${file("after")} 2>&1; echo done >> ${file("after")}`;
    const { stdout, stderr, status, astray } = await capture(script);
    await expect
      .poll(() => (existsSync(file("after")) ? readFileSync(file("after"), "utf8") : ""), { timeout: 10_000 })
      .toContain("done");
    expect(readFileSync(file("after"), "utf8")).toMatch(/^curl: \(\d+\)/);
    expect({ stdout, asked, astray }).toEqual({
      stdout: "by the proxy\n",
      asked: ["http://before.corp.test/"],
      astray: [],
    });
    expect(status, stderr).toBe(2);
    expect(stderr).toContain("the process that hands on what the command opens has ended");
    expect(stderr).toContain("[CAPTURE_UNAVAILABLE]");
  });

  test("where no user namespaces are left, a fault says so with its remedy before anything starts", async () => {
    const none = `echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --bounding-set=-sys_admin -- "$@"`;
    const within = ["unshare", "--user", "--map-root-user", "--", "sh", "-c", none, "sh"];
    const { status, stdout, stderr } = await capture(`echo begun`, within);
    expect({ status, stdout, asked }, stderr).toEqual({ status: 2, stdout: "", asked: [] });
    expect(stderr).toContain("this machine allows no user namespaces, or no more of them");
    expect(stderr).toContain("[CAPTURE_UNAVAILABLE]");
    expect(stderr).toContain("have an administrator raise user.max_user_namespaces (sysctl)");
  });
});
