import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtCli } from "./support/built.js";
import { bareCurl, CaptureScene } from "./support/capture-scene.js";
import { freePorts } from "./support/ports.js";

const missing = CaptureScene.whatIsMissing("curl", "python3", "setpriv");
if (missing !== undefined) console.log(`capture under attack: SKIPPED, for want of ${missing}`);

describe.skipIf(missing !== undefined)("a captured command that does its worst", () => {
  let scene: CaptureScene;
  beforeAll(async () => {
    scene = await CaptureScene.open();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  async function python(script: string, flags: readonly string[] = []) {
    writeFileSync(scene.file("attack.py"), `import os, socket, struct\n${script}`);
    const { stdout, stderr, astray } = await scene.capture(`python3 ${scene.file("attack.py")}`, { flags });
    return { lines: stdout.trim().split("\n"), stderr, astray };
  }

  test("a thousand connections at once all get to where they were to, at a usual port and at another", async () => {
    const { lines, stderr, astray } = await python(`
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
address = socket.gethostbyname("echo.corp.test")
for port in (443, 7777):
    all = []
    for index in range(1000):
        one = socket.socket(); one.setblocking(False)
        try: one.connect((address, port))
        except BlockingIOError: pass
        all.append(one)
    served = 0
    for index, one in enumerate(all):
        one.setblocking(True); one.settimeout(30); one.sendall(b"%d" % index)
        served += one.recv(20) == b"%d" % index
    print(served)`);
    expect({ lines, astray }, stderr).toEqual({ lines: ["1000", "1000"], astray: [] });
    const ports = new Map<string, number>();
    for (const target of scene.asked) ports.set(target, (ports.get(target) ?? 0) + 1);
    expect(Object.fromEntries(ports)).toEqual({ "echo.corp.test:443": 1000, "echo.corp.test:7777": 1000 });
  });

  test("a request that comes byte by byte is one, half a connection stays half, and a silent one is waited for", async () => {
    const { lines, stderr, astray } = await python(`
silent = socket.create_connection(("quiet.corp.test", 80), 5)
slow = socket.create_connection(("slow.corp.test", 80), 5)
slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for byte in b"GET /path HTTP/1.1\\r\\nHost: slow.corp.test\\r\\nConnection: close\\r\\n\\r\\n":
    slow.send(bytes([byte])); os.sched_yield()
    import time; time.sleep(0.002)
print(slow.recv(1000).split(b"\\r")[0].decode())
half = socket.create_connection(("echo.corp.test", 9999), 5)
half.sendall(b"all that there is"); half.shutdown(socket.SHUT_WR)
print(half.recv(100).decode(), half.recv(100))
silent.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n"); print(silent.recv(1000).split(b"\\r")[0].decode())`);
    expect({ lines, asked: scene.asked, astray }, stderr).toEqual({
      lines: ["HTTP/1.1 200 OK", "all that there is b''", "HTTP/1.1 200 OK"],
      asked: ["http://slow.corp.test/path", "echo.corp.test:9999", "http://quiet.corp.test/"],
      astray: [],
    });
  });

  test("questions of every kind to every resolver are answered here, and what is none is left alone", async () => {
    const { lines, stderr, astray } = await python(`
def query(name, kind=1, edns=False):
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\\0"
    extra = b"\\0" + struct.pack(">HHIH", 41, 1232, 0, 0) if edns else b""
    return struct.pack(">6H", 7, 256, 1, 0, 0, 1 if edns else 0) + labels + struct.pack(">2H", kind, 1) + extra
def ask(message, server="127.0.0.1"):
    one = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(5); one.connect((server, 53)); one.send(message)
    answer = one.recv(4096)
    return "%d %d" % (answer[3] & 15, answer[7])
longest = ".".join(["a" * 63] * 3 + ["a" * 61])
print([ask(query("api.corp.test", kind)) for kind in (1, 28, 12, 33, 65, 64, 255, 16)])
print(ask(query("api.corp.test", 1, True)), ask(query(longest)), ask(query(longest + "a")), ask(query("a" * 63 + ".test")))
print(ask(query("api.corp.test"), "192.0.2.53"), ask(query("api.corp.test"), "2001:db8::53"))
tcp = socket.create_connection(("192.0.2.53", 53), 5); message = query("api.corp.test")
for byte in struct.pack(">H", len(message)) + message: tcp.send(bytes([byte]))
print(tcp.recv(100)[2 + 7])
junk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); junk.connect(("127.0.0.1", 53))
for length in (0, 1, 11, 12, 13, 600, 60000): junk.send(os.urandom(length))
print(ask(query("api.corp.test")))`);
    expect({ lines, astray, asked: scene.asked }, stderr).toEqual({
      lines: ["['0 1', '0 0', '0 0', '0 0', '0 0', '0 0', '0 1', '0 0']", "0 1 0 1 3 0 0 1", "0 1 0 1", "1", "0 1"],
      astray: [],
      asked: [],
    });
  });

  test("addresses that stand for nothing are reset, others go by the policy, and datagrams of all kinds are refused", async () => {
    const { lines, stderr, astray } = await python(`
def dial(host, port):
    try:
        one = socket.create_connection((host, port), 5); one.send(b"x"); return one.recv(1) or "closed"
    except OSError as error: return type(error).__name__
print([dial(host, 443) for host in ("198.18.9.9", "198.19.255.255", "203.0.113.9", "2001:db8::9", "169.254.169.254", "0.0.0.0")])
flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for index in range(20000): flood.sendto(b"x" * 1000, ("203.0.113.%d" % (index % 250), 443))
one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); one.connect(("2001:db8::9", 443)); one.settimeout(5); one.send(b"x")
try: one.recv(1)
except OSError as error: print(type(error).__name__)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
try: raw.sendto(b"\\x08\\0\\xf7\\xff\\0\\0\\0\\0", ("203.0.113.9", 0))
except OSError as error: print(type(error).__name__)
frame = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)
for _, name in socket.if_nameindex():
    frame.bind((name, 0)); frame.send(b"\\xff" * 12 + b"\\x08\\x06" + b"\\0" * 46)
print(len(socket.if_nameindex()) < 5, flush=True); os._exit(1)`);
    expect({ lines, astray, asked: scene.asked }, stderr).toEqual({
      lines: [
        `['ConnectionResetError', 'ConnectionResetError', 'ConnectionResetError', 'ConnectionResetError', 'ConnectionResetError', 'ConnectionRefusedError']`,
        "ConnectionRefusedError",
        "PermissionError",
        "True",
      ],
      astray: [],
      asked: ["203.0.113.9:443", "[2001:db8::9]:443"],
    });
    expect(stderr).toContain("the command has connected to 198.19.255.255, which stands for no name");
  });

  test("a connection whose name has been given up for newer ones goes on, and stays its own", async () => {
    const { lines, stderr, astray } = await python(`
one = socket.create_connection(("echo.corp.test", 7777), 5)
one.settimeout(5); one.sendall(b"before"); print(one.recv(100).decode())
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.connect(("127.0.0.1", 53))
for index in range(32768):
    name = b"n%d" % index
    s.send(struct.pack(">6H", 7, 256, 1, 0, 0, 0) + bytes([len(name)]) + name + b"\\4test\\0" + struct.pack(">2H", 1, 1)); s.recv(512)
one.sendall(b"after"); print(one.recv(100).decode())`);
    expect({ lines, astray, asked: scene.asked }, stderr).toEqual({
      lines: ["before", "after"],
      astray: [],
      asked: ["echo.corp.test:7777"],
    });
  });

  test("what it leaves running has no way out once it is over", async () => {
    const left = `echo begun; trap "" HUP; while kill -0 $SALLYPORT; do sleep 0.05; done 2>/dev/null; ${bareCurl("late")}`;
    const script = `export SALLYPORT=$PPID; (${left}) > ${scene.file("left")} 2>&1 & while ! grep -q begun ${scene.file("left")}; do sleep 0.05; done; echo done`;
    const { status, stdout, astray } = await scene.capture(script);
    expect({ status, stdout, astray, asked: scene.asked }).toEqual({
      status: 0,
      stdout: "done\n",
      astray: [],
      asked: [],
    });
    await expect.poll(() => readFileSync(scene.file("left"), "utf8"), { timeout: 10_000 }).toMatch(/curl: \(\d+\)/);
    expect(scene.asked).toEqual([]);
  });

  test("a gateway that is killed in the middle of a transfer cuts it, and nothing goes elsewhere", async () => {
    const script = `import time
one = socket.create_connection(("echo.corp.test", 7777), 5)
print("up", flush=True)
try:
    while True:
        one.sendall(b"x" * 1000); one.recv(65536)
except OSError as error: answer = type(error).__name__
try: answer += " open %r" % socket.create_connection(("203.0.113.9", 443), 5).recv(1)
except OSError as error: answer += " " + type(error).__name__
open(${JSON.stringify(scene.file("cut"))}, "w").write(answer)`;
    writeFileSync(scene.file("transfer.py"), `import socket\n${script}`);
    const { status, astray } = await scene.capture(`exec python3 ${scene.file("transfer.py")}`, {
      whileRunning: (child) => child.stdout?.once("data", () => child.kill("SIGKILL")),
    });
    await expect
      .poll(() => readFileSync(scene.file("cut"), "utf8"), { timeout: 10_000 })
      .toMatch(/^(ConnectionResetError|BrokenPipeError) Connection(Refused|Reset)Error$/);
    expect({ status, astray }).toEqual({ status: null, astray: [] });
  });

  test("the machine's abstract sockets are out of reach, and its files' sockets are not: it is no sandbox", async () => {
    const [abstract, path] = ["\0sallyport-test", scene.file("socket")];
    const servers = [abstract, path].map((name) => createServer((socket) => socket.end("the machine\n")).listen(name));
    await Promise.all(servers.map((server) => once(server, "listening")));
    const { lines, stderr } = await python(`
for name in ("\\0sallyport-test", ${JSON.stringify(path)}):
    one = socket.socket(socket.AF_UNIX)
    try: one.connect(name); print(one.recv(100).decode().strip())
    except OSError as error: print(type(error).__name__)`);
    for (const server of servers) server.close();
    expect(lines, stderr).toEqual(["ConnectionRefusedError", "the machine"]);
  });

  test("ports that lead nowhere are reset, one that is named twice is one, and one that would lead to itself is refused", async () => {
    const next = await freePorts(2);
    const [port, own] = [String(next()), String(next())];
    const twice = ["--host-port", port, "--host-port", port, "--publish", own, "--publish", own];
    const { lines, stderr } = await python(
      `
try: print(socket.create_connection(("127.0.0.1", ${port}), 5).recv(1))
except OSError as error: print(type(error).__name__)`,
      twice,
    );
    expect(lines, stderr).toEqual(["ConnectionResetError"]);
    const circle = await scene.capture("echo begun", { flags: ["--host-port", port, "--publish", port] });
    expect(circle).toMatchObject({ status: 2, stdout: "" });
    expect(circle.stderr).toContain(`port ${port} is to lead out of the command's network and into it`);
    const resolver = await scene.capture("echo begun", { flags: ["--host-port", "53"] });
    expect(resolver).toMatchObject({ status: 2, stdout: "" });
    expect(resolver.stderr).toContain("and not 53, at which names are answered");
  });

  test("capture within capture, and plain run within it, get out by the outer one", async () => {
    const inner = (flag: string, name: string): string =>
      `env -u HTTP_PROXY -u HTTPS_PROXY '${process.execPath}' '${builtCli}' run ${flag} --no-check -- ${bareCurl(name)}`;
    const script = `${inner("--capture", "inner")}; ${inner("", "plain")}`;
    const asked = ["http://inner.corp.test/", "http://plain.corp.test/"];
    const stdout = "by the proxy\nby the proxy\n";
    const { stderr, ...ended } = await scene.capture(script);
    expect({ ...ended, asked: scene.asked }, stderr).toEqual({ status: 0, stdout, astray: [], asked });
  });
});
