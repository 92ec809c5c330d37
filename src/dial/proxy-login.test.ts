import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { ConnectError } from "../base/errors.js";
import { dial } from "./index.js";
import { scripted, proxyAt, testContext, type ScriptedServer } from "./testing/context.js";
import type { Connection, DialContext, DialOptions } from "./types.js";

const refusal = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n";
const granted = "HTTP/1.1 200 OK\r\n\r\n";
const alice = (password: string): string => Buffer.from(`alice:${password}`).toString("base64");

/** Another one for each test: a port may come again, and what is known of a login is known in the whole process. */
let secret: string;
beforeEach(() => {
  secret = randomUUID();
});

type Answer = (host: string, password: string) => string | undefined;

/** A proxy that answers each CONNECT by host and password; undefined: not at all. */
function proxy(answer: Answer): Promise<ScriptedServer> {
  return scripted((socket, chunk) => {
    const [, host = ""] = /^CONNECT ([^:]+)/.exec(chunk.toString()) ?? [];
    const [, token = ""] = /Basic (\S+)/.exec(chunk.toString()) ?? [];
    const said = answer(host, Buffer.from(token, "base64").toString().replace("alice:", ""));
    if (said !== undefined) socket.write(said);
  });
}

const sent = (server: ScriptedServer, password: string): number =>
  server.received().split(`Basic ${alice(password)}\r\n`).length - 1;

async function reach(context: DialContext, host = "api.lab.test", options: DialOptions = {}): Promise<string> {
  try {
    const { socket }: Connection = await dial(context, { protocol: "tcp:", host, port: 80 }, options);
    socket.destroy();
    return "reached";
  } catch (error) {
    return error instanceof ConnectError ? error.code : String(error);
  }
}

/** A clock that a test moves. */
function clock() {
  let now = 0;
  return { monotonic: () => now, pass: (ms: number) => (now += ms) };
}

function inline(port: number, system = clock()): DialContext {
  return testContext({ hops: [proxyAt("http", port, { username: "alice", password: secret })], system });
}

function withSecret(
  port: number,
  kind: "command" | "file",
  next: () => Promise<string>,
  system = clock(),
): DialContext {
  const password = kind === "command" ? ({ kind, command: "tell" } as const) : ({ kind, path: "/secret" } as const);
  const hop = { ...proxyAt("http", port), login: { username: "alice", password } };
  const readFile = async (): Promise<Buffer> => Buffer.from(await next());
  return testContext({ hops: [hop], system: { ...system, run: next, readFile } });
}

describe("a login that was refused", () => {
  test("is told from memory by every later dial, until one may try it after the pause", async () => {
    let right = "changed at the proxy";
    await using server = await proxy((_host, password) => (password === right ? granted : refusal));
    const time = clock();
    const context = inline(server.port, time);
    for (let round = 0; round < 3; round++) expect(await reach(context)).toBe("PROXY_AUTH_REJECTED");
    expect(sent(server, secret)).toBe(1);
    time.pass(30_000);
    right = secret;
    const hosts = ["a.lab.test", "b.lab.test", "c.lab.test"];
    expect(await Promise.all(hosts.map((host) => reach(context, host)))).toEqual(hosts.map(() => "reached"));
  });

  test("says so in the stage of the proxy, without a connection to it", async () => {
    await using server = await proxy(() => refusal);
    const context = inline(server.port);
    await reach(context);
    const stages: string[] = [];
    await reach(context, "api.lab.test", { onStage: ({ stage, ok }) => stages.push(`${stage} ${ok}`) });
    expect(stages).toEqual(["route true", "proxy-auth false"]);
  });

  test("is not tried by settings that were read again with the same secret, and another one is at once", async () => {
    await using server = await proxy((_host, password) => (password === "new" ? granted : refusal));
    let told = secret;
    const read = (): DialContext => withSecret(server.port, "file", () => Promise.resolve(told));
    expect([await reach(read()), await reach(read())]).toEqual(["PROXY_AUTH_REJECTED", "PROXY_AUTH_REJECTED"]);
    expect(sent(server, secret)).toBe(1);
    told = "new";
    expect(await reach(read())).toBe("reached");
  });

  test("from a file that was corrected works at the next dial", async () => {
    await using server = await proxy((_host, password) => (password === "new" ? granted : refusal));
    let told = secret;
    const context = withSecret(server.port, "file", () => Promise.resolve(told));
    expect(await reach(context)).toBe("PROXY_AUTH_REJECTED");
    told = "new";
    expect(await reach(context)).toBe("reached");
    expect(sent(server, secret)).toBe(1);
  });

  test("from a command is asked for again after the time that its setting gives it, and not before", async () => {
    await using server = await proxy(() => granted);
    const time = clock();
    let runs = 0;
    const run = async (): Promise<string> => `${secret}${++runs}`;
    const contextOf = (ttl?: number): DialContext => {
      const password = { kind: "command", command: "tell", ...(ttl !== undefined && { ttl }) } as const;
      const hop = { ...proxyAt("http", server.port), login: { username: "alice", password } };
      return testContext({ hops: [hop], system: { ...time, run } });
    };
    const [short, without] = [contextOf(60_000), contextOf()];
    for (const context of [short, short, without, without]) expect(await reach(context)).toBe("reached");
    expect(runs).toBe(2);
    time.pass(60_000);
    for (const context of [short, short, without]) expect(await reach(context)).toBe("reached");
    expect([runs, sent(server, `${secret}1`), sent(server, `${secret}3`)]).toEqual([3, 2, 2]);
  });

  test("from a command is asked for once more, and then not before the pause is over", async () => {
    await using server = await proxy((_host, password) => (password === "new" ? granted : refusal));
    const time = clock();
    let told = secret;
    let runs = 0;
    const context = withSecret(server.port, "command", () => (runs++, Promise.resolve(told)), time);
    for (let round = 0; round < 4; round++) expect(await reach(context)).toBe("PROXY_AUTH_REJECTED");
    expect([runs, sent(server, secret)]).toEqual([2, 1]);
    told = "new";
    expect([await reach(context), runs]).toEqual(["PROXY_AUTH_REJECTED", 2]);
    time.pass(31_000);
    expect([await reach(context), runs, sent(server, secret)]).toEqual(["reached", 3, 1]);
  });

  test("is tried with one other secret by each dial, however often the command gives a new one", async () => {
    await using server = await proxy(() => refusal);
    let runs = 0;
    const context = withSecret(server.port, "command", () => Promise.resolve(`guess-${++runs}`));
    for (let round = 0; round < 5; round++) expect(await reach(context)).toBe("PROXY_AUTH_REJECTED");
    expect([runs, server.received().match(/^CONNECT/gm)?.length]).toEqual([2, 2]);
  });
});

describe("a 407 for one host alone", () => {
  test("fails that host, and neither the others nor the account", async () => {
    await using server = await proxy((host) => (host === "forbidden.lab.test" ? refusal : granted));
    const context = inline(server.port);
    expect(await reach(context)).toBe("reached");
    for (let round = 0; round < 3; round++) {
      const hosts = ["forbidden.lab.test", "api.lab.test", "other.lab.test"];
      expect(await Promise.all(hosts.map((host) => reach(context, host)))).toEqual([
        "PROXY_AUTH_REJECTED",
        "reached",
        "reached",
      ]);
    }
    expect(server.received().match(/^CONNECT forbidden/gm)).toHaveLength(1);
  });
});

describe("who waits for the first use of a login", () => {
  test("goes on his own where that one fails for another reason, and nobody is lost", async () => {
    let asked = 0;
    await using server = await proxy(() => (asked++ < 3 ? "HTTP/1.1 403 Forbidden\r\n\r\n" : granted));
    const context = inline(server.port);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => reach(context)));
    expect(outcomes.sort()).toEqual([...Array<string>(3).fill("PROXY_FORBIDDEN"), ...Array<string>(5).fill("reached")]);
  });

  test("is not held up for long by one that hangs", async () => {
    await using server = await proxy((host) => (host === "hanging.lab.test" ? undefined : granted));
    // A real clock here: the head start is a part of the bound on the CONNECT's answer.
    const context = testContext({
      hops: [proxyAt("http", server.port, { username: "alice", password: secret })],
      timeouts: { tunnel: 400 },
    });
    const first = reach(context, "hanging.lab.test");
    expect(await Promise.all(["a.lab.test", "b.lab.test"].map((host) => reach(context, host)))).toEqual([
      "reached",
      "reached",
    ]);
    expect(await first).toBe("PROXY_TIMEOUT");
  });

  test("leaves at once when he is given up, and the others go on", async () => {
    let grant = (): void => undefined;
    const held = new Promise<void>((resolve) => (grant = resolve));
    await using server = await scripted((socket) => void held.then(() => socket.write(granted)));
    const context = inline(server.port);
    const first = reach(context);
    const abort = new AbortController();
    const [second, third] = [reach(context, "b.lab.test", { signal: abort.signal }), reach(context, "c.lab.test")];
    abort.abort(new Error("given up"));
    expect(await second).toBe("Error: given up");
    grant();
    expect([await first, await third]).toEqual(["reached", "reached"]);
  });

  test("takes the place of a first one that is given up", async () => {
    await using server = await proxy((host) => (host === "hanging.lab.test" ? undefined : granted));
    const context = inline(server.port);
    const abort = new AbortController();
    const first = reach(context, "hanging.lab.test", { signal: abort.signal });
    const second = reach(context);
    abort.abort(new Error("given up"));
    expect([await first, await second]).toEqual(["Error: given up", "reached"]);
  });
});

test("a file that is written in two steps is tried neither empty nor in part", async () => {
  await using server = await proxy((_host, password) => (password === "new secret" ? granted : refusal));
  const steps = ["old", "", "", "new", "new secret"];
  const next = (): Promise<string> => Promise.resolve((steps.length > 1 ? steps.shift() : steps[0]) ?? "");
  const context = withSecret(server.port, "file", next);
  const hosts = ["a.lab.test", "b.lab.test", "c.lab.test"];
  expect(await Promise.all(hosts.map((host) => reach(context, host)))).toEqual(hosts.map(() => "reached"));
  expect([sent(server, "old"), sent(server, ""), sent(server, "new"), sent(server, "new secret")]).toEqual([
    1, 0, 0, 3,
  ]);
});

test("a connection in absolute form that ends without an answer lets the next one try", async () => {
  await using server = await scripted(() => undefined);
  const context = inline(server.port);
  const target = { protocol: "http:", host: "api.lab.test", port: 80 } as const;
  const first = await dial(context, target);
  const waiting = dial(context, target);
  first.socket.destroy();
  const second = await waiting;
  expect(second.forward?.isOutdated).toBe(true);
  second.forward?.request(target).answered(200, "");
  expect([second.forward?.isOutdated, first.forward?.isOutdated]).toEqual([false, false]);
  second.socket.destroy();
});
