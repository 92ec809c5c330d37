import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isConnectError } from "../../base/errors.js";
import type { RunOptions } from "../../base/system.js";
import { dial } from "../index.js";
import { proxyAt, scripted, testContext, type ScriptedServer } from "../testing/context.js";
import type { DialContext } from "../types.js";
import { readAnswer } from "./helper.js";

const granted = "HTTP/1.1 200 OK\r\n\r\n";
const refusal = "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=x\r\n\r\n";
const target = (host: string) => ({ protocol: "tcp:", host, port: 443 }) as const;
const encoded = (login: string): string => `Basic ${Buffer.from(login).toString("base64")}`;

/** A proxy that lets in whom the test says; `sent` holds what came for Proxy-Authorization. */
async function proxyFor(right: (value: string) => boolean) {
  const sent: string[] = [];
  const server: ScriptedServer = await scripted((socket, chunk) => {
    const value = /^proxy-authorization: (.*)$/im.exec(chunk.toString("latin1"))?.[1] ?? "";
    sent.push(value);
    socket.write(right(value) ? granted : refusal);
  });
  return { port: server.port, sent, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

interface Helped {
  readonly context: DialContext;
  readonly runs: Readonly<Record<string, string>>[];
  pass(ms: number): void;
}

/** Settings with a helper that says what `answer` gives, or fails with its error. */
function helped(port: number, answer: (run: number) => string | Error, protocol: "http" | "socks5h" = "http"): Helped {
  const runs: Readonly<Record<string, string>>[] = [];
  let now = 0;
  const run = async (_: unknown, options: RunOptions = {}): Promise<string> => {
    runs.push(options.env ?? {});
    const said = answer(runs.length);
    if (said instanceof Error) throw said;
    return said;
  };
  const context = testContext({
    hops: [proxyAt(protocol, port)],
    helper: { command: "tell", directory: "/", ttl: 300_000 },
    system: { run, monotonic: () => now, storedLogins: { read: async () => undefined, find: async () => undefined } },
  });
  return { context, runs, pass: (ms) => void (now += ms) };
}

async function reach(context: DialContext, host = "api.lab.test"): Promise<string> {
  try {
    const { socket } = await dial(context, target(host));
    socket.destroy();
    return "reached";
  } catch (error) {
    return isConnectError(error) ? `${error.code}: ${error.message}; ${error.remedy}` : String(error);
  }
}

describe("a helper's login", () => {
  test("is asked for where the proxy wants one, with its URL, host and challenge, once for all who wait", async () => {
    const secret = randomUUID();
    await using proxy = await proxyFor((value) => value === encoded(`alice:${secret}`));
    const { context, runs } = helped(proxy.port, () => `${encoded(`alice:${secret}`)}\n`);
    const hosts = Array.from({ length: 10 }, (_, index) => `host${index}.lab.test`);
    expect(await Promise.all(hosts.map((host) => reach(context, host)))).toEqual(hosts.map(() => "reached"));
    expect(runs).toEqual([
      {
        CLAUDE_CODE_PROXY_URL: `http://localhost:${proxy.port}`,
        CLAUDE_CODE_PROXY_HOST: "localhost",
        CLAUDE_CODE_PROXY_AUTHENTICATE: "Negotiate, Basic realm=x",
      },
    ]);
    expect(proxy.sent.filter((value) => value !== "")).toHaveLength(10);
  });

  test("is not asked for where the proxy wants none", async () => {
    await using proxy = await proxyFor(() => true);
    const { context, runs } = helped(proxy.port, () => "Bearer x");
    expect([await reach(context), runs, proxy.sent]).toEqual(["reached", [], [""]]);
  });

  test("by another scheme is sent as it is until it is too old, and a good one serves on where the next run fails", async () => {
    const token = randomUUID();
    await using proxy = await proxyFor((value) => value.startsWith(`Bearer ${token}`));
    const { context, runs, pass } = helped(proxy.port, (run) =>
      run === 3 ? new Error("the command exited with status 1") : `Bearer ${token}${run}`,
    );
    await reach(context);
    expect([await reach(context), runs.length]).toEqual(["reached", 1]);
    pass(300_000);
    expect([await reach(context), runs.length]).toEqual(["reached", 2]);
    pass(300_000);
    expect([await reach(context), await reach(context), runs.length]).toEqual(["reached", "reached", 3]);
    pass(30_000);
    expect([await reach(context), runs.length]).toEqual(["reached", 4]);
    expect(proxy.sent.slice(1)).toEqual([1, 1, 2, 2, 2, 4].map((run) => `Bearer ${token}${run}`));
  });

  test("that is refused is asked for once more, and the same is not sent again", async () => {
    const token = randomUUID();
    await using proxy = await proxyFor((value) => value === `Bearer ${token}2`);
    const other = helped(proxy.port, (run) => `Bearer ${token}${run}`);
    expect([await reach(other.context), other.runs.length]).toEqual(["reached", 2]);
    proxy.sent.length = 0;
    const same = helped(proxy.port, () => `Bearer ${token}x`);
    const told = await reach(same.context);
    expect(told).toMatch(
      /^PROXY_AUTH_REJECTED: .* the login that the command of SALLYPORT_PROXY_AUTH_HELPER gives \(407\)/,
    );
    expect(await reach(same.context)).toMatch(/^PROXY_AUTH_REJECTED: .* it is not sent again for 60 s/);
    expect([proxy.sent, same.runs.length]).toEqual([["", `Bearer ${token}x`], 2]);
    expect(told).not.toContain(token);
  });

  test("by Negotiate is for one connection each, and after a refusal and one more run it is left alone", async () => {
    const used = new Set<string>();
    let open = true;
    await using proxy = await proxyFor((value) => open && value !== "" && !used.has(value) && used.add(value).size > 0);
    const { context, runs, pass } = helped(
      proxy.port,
      (run) => `Negotiate ${Buffer.from(`t${run}`).toString("base64")}`,
    );
    const hosts = ["a", "b", "c", "d"];
    expect(await Promise.all(hosts.map((host) => reach(context, host)))).toEqual(hosts.map(() => "reached"));
    expect([runs.length, used.size]).toEqual([4, 4]);
    open = false;
    proxy.sent.length = 0;
    // A host that was reached before, so that it is about the login.
    expect(await reach(context, "a")).toMatch(/^PROXY_AUTH_REJECTED/);
    expect([proxy.sent.length, runs.length]).toEqual([2, 6]);
    expect(runs.at(-1)?.["CLAUDE_CODE_PROXY_AUTHENTICATE"]).toBe("Negotiate, Basic realm=x");
    expect(await reach(context, "a")).toMatch(/^PROXY_AUTH_REJECTED: .* not sent again/);
    expect([proxy.sent.length, runs.length]).toEqual([2, 6]);
    open = true;
    pass(60_001);
    expect(await reach(context, "a")).toBe("reached");
  });

  test.each([
    ["ends with another status", () => new Error("the command exited with status 3"), /exited with status 3/],
    ["hangs", () => new Error("the command did not end within 30000 ms"), /did not end within 30000 ms/],
    ["is missing", () => new Error("the command could not be started (ENOENT)"), /could not be started \(ENOENT\)/],
    ["prints nothing", () => " \n", /printed nothing/],
    ["prints several lines", () => "Bearer hunter2\nX-Evil: hunter2", /printed more than one line/],
    ["prints control characters", () => "Bearer hunter2\u0000", /not a value of Proxy-Authorization/],
    ["prints a secret alone", () => "hunter2", /not a value of Proxy-Authorization/],
    ["prints the header's name", () => "Proxy-Authorization: Bearer hunter2", /the name of the header/],
    ["prints Basic of nothing", () => "Basic hunter2", /does not hold user and password/],
  ])("is a fault that names the setting and no secret where the command %s", async (_, answer, words) => {
    await using proxy = await proxyFor(() => false);
    const { context } = helped(proxy.port, answer);
    const told = await reach(context);
    expect(told).toMatch(
      /^SECRET_COMMAND_FAILED: SALLYPORT_PROXY_AUTH_HELPER: the command .*; run the command by hand/s,
    );
    expect(told).toMatch(words);
    expect(told).not.toContain("hunter2");
  });

  test("is user and password for a SOCKS proxy, which takes no other", async () => {
    const seen: string[] = [];
    await using server = await scripted((socket, chunk) => {
      // Methods, then the login, then the request.
      if (chunk[0] === 5 && chunk.length <= 4) socket.write(Buffer.from([5, chunk.includes(2, 2) ? 2 : 0xff]));
      else if (chunk[0] === 1) {
        seen.push(chunk.toString("latin1", 2));
        socket.write(Buffer.from([1, 0]));
      } else socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    });
    const basic = helped(server.port, () => encoded("alice:pw"), "socks5h");
    expect([await reach(basic.context), seen]).toEqual(["reached", ["alice\u0002pw"]]);
    const bearer = helped(server.port, () => "Bearer hunter2", "socks5h");
    expect(await reach(bearer.context)).toMatch(
      /^PROXY_AUTH_UNSUPPORTED: SALLYPORT_PROXY_AUTH_HELPER: .*login by bearer.*SOCKS/,
    );
  });

  test("goes with plain http requests too, one for a connection once", async () => {
    await using proxy = await proxyFor(() => true);
    for (const [value, again] of [
      ["Bearer abc", "Bearer abc"],
      ["Negotiate abc", undefined],
    ] as const) {
      const { context } = helped(proxy.port, () => value);
      const { socket, forward } = await dial(context, { protocol: "http:", host: "api.lab.test", port: 80 });
      const ask = () =>
        forward?.request({ host: "api.lab.test", port: 80 }).headers({ method: "GET", uri: "http://a/" });
      expect([ask(), ask()]).toEqual([
        { "proxy-authorization": value },
        again === undefined ? {} : { "proxy-authorization": again },
      ]);
      socket.destroy();
    }
  });
});

test("Basic in another encoding than UTF-8 is sent as it was given", () => {
  const value = `Basic ${Buffer.from("alice:gr\u00fc\u00df", "latin1").toString("base64")}`;
  expect(readAnswer(value)).toMatchObject({ header: { value, bound: false } });
  expect(readAnswer(encoded("alice:grüß:x"))).toEqual({ username: "alice", password: "grüß:x" });
});
