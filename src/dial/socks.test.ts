import { describe, expect, test } from "vitest";
import { isConnectError, type ConnectError } from "../base/errors.js";
import { dial } from "./index.js";
import { proxyAt, scripted, testContext, type TestContext } from "./testing/context.js";
import type { Target } from "./types.js";

const named: Target = { protocol: "http:", host: "api.lab.test", port: 8080 };

async function fault(parts: TestContext, target: Target = named): Promise<ConnectError> {
  const error: unknown = await dial(testContext(parts), target).catch((e: unknown) => e);
  if (!isConnectError(error)) throw new Error("expected a ConnectError", { cause: error });
  return error;
}

/** Answers message after message, each as hexadecimal. */
function answers(...hex: readonly string[]): (socket: { write(bytes: Buffer): void }) => void {
  let next = 0;
  return (socket) => socket.write(Buffer.from(hex[next++] ?? "", "hex"));
}

const hexOf = (latin1: string): string => Buffer.from(latin1, "latin1").toString("hex");
const bound = "00017f0000010000";

describe("SOCKS 5", () => {
  test("sends a name to be resolved by the proxy, and offers no login where none is configured", async () => {
    await using proxy = await scripted(answers("0500", `0500${bound}`));
    const connection = await dial(testContext({ hops: [proxyAt("socks5h", proxy.port)] }), named);
    expect(hexOf(proxy.received())).toBe(`050100050100030c${hexOf("api.lab.test")}1f90`);
    connection.socket.destroy();
  });

  test("logs in with user and password in UTF-8 (RFC 1929)", async () => {
    await using proxy = await scripted(answers("0502", "0100", `0500${bound}`));
    const connection = await dial(
      testContext({ hops: [proxyAt("socks5h", proxy.port, { username: "alice", password: "pä" })] }),
      named,
    );
    expect(hexOf(proxy.received())).toContain(`050200020105${hexOf("alice")}03${Buffer.from("pä").toString("hex")}`);
    connection.socket.destroy();
  });

  test("sends an IPv6 literal as an address and not as a name", async () => {
    await using proxy = await scripted(answers("0500", `0500${bound}`));
    const connection = await dial(testContext({ hops: [proxyAt("socks5h", proxy.port)] }), {
      ...named,
      host: "[2001:db8::1]",
    });
    expect(hexOf(proxy.received())).toContain("0501000420010db80000000000000000000000011f90");
    connection.socket.destroy();
  });

  test("without h resolves the name here", async () => {
    await using proxy = await scripted(answers("0500", `0500${bound}`));
    const context = testContext({
      hops: [proxyAt("socks5", proxy.port)],
      system: { lookup: () => Promise.resolve([{ address: "192.0.2.7", family: 4 }]) },
    });
    const connection = await dial(context, named);
    expect(hexOf(proxy.received())).toContain("05010001c00002071f90");
    connection.socket.destroy();
  });

  test("leaves what the target says at once for the caller, also where it comes with the reply", async () => {
    await using proxy = await scripted(answers("0500", `0500${bound}${hexOf("220 hello")}`));
    const { socket } = await dial(testContext({ hops: [proxyAt("socks5h", proxy.port)] }), named);
    const first = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
    expect(first.toString()).toBe("220 hello");
    socket.destroy();
  });

  test("reads a reply that comes byte by byte, with a name as bound address, and not a byte more", async () => {
    const reply = Buffer.concat([Buffer.from("050000030568656c6c6f0050", "hex"), Buffer.from("welcome")]);
    let greeted = false;
    await using proxy = await scripted((socket) => {
      if (!greeted) return void (greeted = socket.write(Buffer.from("0500", "hex")));
      for (const byte of reply) socket.write(Buffer.from([byte]));
    });
    const { socket } = await dial(testContext({ hops: [proxyAt("socks5h", proxy.port)] }), named);
    let heard = "";
    await new Promise<void>((resolve) => {
      socket.on("data", (chunk: Buffer) => {
        heard += chunk.toString();
        if (heard.length >= "welcome".length) resolve();
      });
    });
    expect(heard).toBe("welcome");
    socket.destroy();
  });

  test.each([
    [["0500", `0502${bound}`], "SOCKS_REFUSED", /not allowed by its rules/],
    [["0500", `0505${bound}`], "SOCKS_REFUSED", /connection refused by the target/],
    [["0500", `0563${bound}`], "SOCKS_REFUSED", /reply 99/],
    [["05ff"], "PROXY_AUTH_REQUIRED", /requires a login/],
    [[hexOf("HTTP/1.1 400 Bad Request\r\n")], "SOCKS_NOT_SOCKS", /speaks HTTP, not SOCKS/],
    [["0400"], "SOCKS_NOT_SOCKS", /does not speak/],
    [
      [hexOf("SSH-2.0-OpenSSH_9.2p1\r\n")],
      "SOCKS_NOT_SOCKS",
      /answered with "SSH-2\.0-OpenSSH_9\.2p1", which is not SOCKS/,
    ],
  ] as const)("%j is %s", async (replies, code, message) => {
    await using proxy = await scripted(answers(...replies));
    const error = await fault({ hops: [proxyAt("socks5h", proxy.port)] });
    expect(error).toMatchObject({ code, hop: "proxy" });
    expect(error.message).toMatch(message);
  });

  test("spoken to an HTTP proxy, which waits for the rest of a line, is told long before the whole wait is over", async () => {
    await using proxy = await scripted((socket, chunk) => {
      // The greeting holds no end of line.
      if (chunk.includes("\r\n\r\n")) socket.end("HTTP/1.1 501 Not Implemented\r\n\r\n");
    });
    const error = await fault({ hops: [proxyAt("socks5h", proxy.port)], timeouts: { tunnel: 60_000 } });
    expect(error).toMatchObject({ code: "SOCKS_NOT_SOCKS", remedy: "write its URL with http://" });
    expect(proxy.received()).toMatch(/OPTIONS \* HTTP/);
  });

  test("tells a proxy that hangs up in the middle", async () => {
    await using proxy = await scripted((socket) => socket.end(Buffer.from([5])));
    expect(await fault({ hops: [proxyAt("socks5h", proxy.port)] })).toMatchObject({
      code: "PROXY_CLOSED",
      hop: "proxy",
    });
  });

  test("tells a wrong password from a missing one", async () => {
    await using proxy = await scripted(answers("0502", "0101"));
    const error = await fault({
      hops: [proxyAt("socks5h", proxy.port, { username: "alice", password: "wrong-password" })],
    });
    expect(error.code).toBe("PROXY_AUTH_REJECTED");
    expect(JSON.stringify(error)).not.toContain("wrong-password");
  });

  test("bounds the wait for the proxy's reply", async () => {
    await using proxy = await scripted(() => undefined);
    expect(await fault({ hops: [proxyAt("socks5h", proxy.port)], timeouts: { tunnel: 50 } })).toMatchObject({
      code: "PROXY_TIMEOUT",
    });
  });
});

describe("SOCKS 4", () => {
  test("4a sends the name behind the address 0.0.0.1", async () => {
    await using proxy = await scripted(answers("005a000000000000"));
    const { socket } = await dial(
      testContext({ hops: [proxyAt("socks4a", proxy.port, { username: "alice", password: "" })] }),
      named,
    );
    expect(hexOf(proxy.received())).toBe(`04011f9000000001${hexOf("alice\0api.lab.test\0")}`);
    socket.destroy();
  });

  test("4 resolves here and takes the IPv4 address", async () => {
    await using proxy = await scripted(answers("005a000000000000"));
    const lookup = (): Promise<readonly { address: string; family: 4 | 6 }[]> =>
      Promise.resolve([
        { address: "2001:db8::1", family: 6 },
        { address: "192.0.2.7", family: 4 },
      ]);
    const { socket } = await dial(testContext({ hops: [proxyAt("socks4", proxy.port)], system: { lookup } }), named);
    expect(hexOf(proxy.received())).toBe("04011f90c000020700");
    socket.destroy();
  });

  test("cannot carry IPv6, and says which scheme can", async () => {
    await using proxy = await scripted(() => undefined);
    const error = await fault({ hops: [proxyAt("socks4a", proxy.port)] }, { ...named, host: "2001:db8::1" });
    expect(error).toMatchObject({ code: "SOCKS_REFUSED", remedy: expect.stringContaining("socks5h://") as string });
  });

  test("tells a refusal", async () => {
    await using proxy = await scripted(answers("005b000000000000"));
    expect(await fault({ hops: [proxyAt("socks4a", proxy.port)] })).toMatchObject({ code: "SOCKS_REFUSED" });
  });
});
