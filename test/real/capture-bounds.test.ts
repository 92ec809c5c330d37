import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bareCurl, CaptureScene } from "./support/capture-scene.js";
import { findProgram } from "./support/programs.js";

const missing = CaptureScene.whatIsMissing("curl", "python3", "setpriv");
if (missing !== undefined) console.log(`the bounds of capture: SKIPPED, for want of ${missing}`);

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
  let scene: CaptureScene;
  beforeAll(async () => {
    scene = await CaptureScene.open();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  /** Nothing goes past the proxy, and all else is as expected. What the script says on standard error. */
  async function expectCaptured(script: string, expected: { stdout: string; asked: string[] }): Promise<string> {
    const { stdout, stderr, astray } = await scene.capture(script);
    expect({ stdout, asked: scene.asked, astray }, stderr).toEqual({ ...expected, astray: [] });
    return stderr;
  }

  test.skipIf(findProgram("bwrap") === undefined)(
    "bubblewrap that shares the network is captured, and with a network of its own it has none",
    async () => {
      const script = `bwrap --unshare-user --unshare-pid --dev-bind / / ${bareCurl("shared")}
        bwrap --unshare-user --unshare-net --dev-bind / / ${bareCurl("alone")}; echo $?`;
      await expectCaptured(script, { stdout: "by the proxy\n6\n", asked: ["http://shared.corp.test/"] });
    },
  );

  test("a command that drops root's rights is captured as before", async () => {
    const script = `setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'id -u; ${bareCurl("dropped")}'`;
    await expectCaptured(script, { stdout: "65534\nby the proxy\n", asked: ["http://dropped.corp.test/"] });
  });

  test("of a flood of names the latest are kept; an address whose name has been given up is reset, and a fault says so", async () => {
    writeFileSync(scene.file("flood.py"), flood);
    const stderr = await expectCaptured(`python3 ${scene.file("flood.py")}; exit 4`, {
      stdout: "ConnectionResetError\nHTTP/1.1 200 OK\n",
      asked: ["http://last.corp.test/"],
    });
    expect(stderr).toContain("the command has connected to 198.18.1.0, whose name has been given up for newer ones");
    expect(stderr).toContain("[DNS_NOT_FOUND]");
  });

  test("a command that ends the process that captures it has no way out any more, and is told of", async () => {
    const script = `${bareCurl("before")}; kill -9 $PPID; sh -c '${bareCurl("after")}' > ${scene.file("after")} 2>&1; echo done >> ${scene.file("after")}`;
    const { stdout, stderr, status, astray } = await scene.capture(script);
    await expect
      .poll(() => (existsSync(scene.file("after")) ? readFileSync(scene.file("after"), "utf8") : ""), {
        timeout: 10_000,
      })
      .toContain("done");
    expect(readFileSync(scene.file("after"), "utf8")).toMatch(/^curl: \(\d+\)/);
    expect({ stdout, asked: scene.asked, astray }).toEqual({
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
    const { status, stdout, stderr } = await scene.capture(`echo begun`, { before: within });
    expect({ status, stdout, asked: scene.asked }, stderr).toEqual({ status: 2, stdout: "", asked: [] });
    expect(stderr).toContain("this machine allows no user namespaces, or no more of them");
    expect(stderr).toContain("[CAPTURE_UNAVAILABLE]");
    expect(stderr).toContain("have an administrator raise user.max_user_namespaces (sysctl)");
  });
});
