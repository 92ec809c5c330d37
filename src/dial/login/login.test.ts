import { createHash } from "node:crypto";
import type net from "node:net";
import { describe, expect, test } from "vitest";
import { isConnectError } from "../../base/errors.js";
import { Secret } from "../../base/secret.js";
import { dial } from "../index.js";
import { proxyAt, scripted, testContext } from "../testing/context.js";
import type { DialContext } from "../types.js";
import { parseChallenges } from "./challenges.js";

const target = { protocol: "tcp:", host: "api.lab.test", port: 443 } as const;
const alice = { username: "CORP\\alice", password: "wonder land" };

/** Calls `answer` with each request's head, on a connection of its own counting. */
type Answer = (head: string, request: { readonly connection: number; readonly count: number }) => string;

interface LoginProxy extends AsyncDisposable {
  readonly port: number;
  /** Proxy-Authorization of each request, in order; "" where there was none. */
  readonly logins: string[];
  readonly connections: () => number;
}

/** What a port's proxy thinks of a login is remembered, so that none is used for a second proxy. */
const usedPorts = new Set<number>();

/** A proxy that answers each CONNECT as the test has it; an answer that ends with "close" ends its connection. */
async function loginProxy(answer: Answer): Promise<LoginProxy> {
  const logins: string[] = [];
  const state = new Map<net.Socket, { readonly connection: number; text: string; count: number }>();
  const proxy = await scripted((socket, chunk) => {
    const mine = state.get(socket) ?? { connection: state.size + 1, text: "", count: 0 };
    state.set(socket, mine);
    mine.text += chunk.toString("latin1");
    for (let end = mine.text.indexOf("\r\n\r\n"); end !== -1; end = mine.text.indexOf("\r\n\r\n")) {
      const head = mine.text.slice(0, end);
      mine.text = mine.text.slice(end + 4);
      logins.push(/^proxy-authorization: (.*)$/im.exec(head)?.[1] ?? "");
      const said = answer(head, { connection: mine.connection, count: ++mine.count });
      if (/^(?:proxy-)?connection: close/im.test(said)) socket.end(said, "latin1");
      else socket.write(said, "latin1");
    }
  });
  if (usedPorts.has(proxy.port)) {
    await using _used = proxy;
    return await loginProxy(answer);
  }
  usedPorts.add(proxy.port);
  return {
    port: proxy.port,
    logins,
    connections: () => state.size,
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

const opened = "HTTP/1.1 200 OK\r\n\r\n";

const refused = (fields: string, body = ""): string =>
  `HTTP/1.1 407 Login\r\n${fields}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

function through(port: number, login: typeof alice | undefined = alice): DialContext {
  return testContext({ hops: [proxyAt("http", port, login)] });
}

async function outcome(context: DialContext): Promise<string> {
  try {
    const { socket, stages } = await dial(context, target);
    socket.destroy();
    return stages.at(-1)?.detail ?? "";
  } catch (error) {
    return isConnectError(error) ? error.code : String(error);
  }
}

/** What a proxy that knows alice's password makes of a Digest login. */
function digestHolds(value: string, nonce: string): boolean {
  const [login] = parseChallenges(value);
  const field = (name: string): string => login?.params.get(name) ?? "";
  const md5 = (text: string): string => createHash("md5").update(text, "latin1").digest("hex");
  const secret = md5(`${alice.username}:corp:${alice.password}`);
  const between = `${nonce}:${field("nc")}:${field("cnonce")}:auth`;
  return (
    field("response") === md5(`${secret}:${between}:${md5("CONNECT:api.lab.test:443")}`) && field("nonce") === nonce
  );
}

const digest = (nonce: string, more = ""): string =>
  `Proxy-Authenticate: Digest realm="corp", nonce="${nonce}", qop="auth"${more}`;

describe("a login that the proxy asks for by Digest", () => {
  test("is made on the same connection, and sent at once from then on, until the nonce is too old", async () => {
    let nonce = "one";
    await using proxy = await loginProxy((head) => {
      const value = /^proxy-authorization: (.*)$/im.exec(head)?.[1] ?? "";
      if (digestHolds(value, nonce)) return opened;
      return refused(digest(nonce, value.startsWith("Digest") ? ", stale=true" : ""), "<html>no</html>");
    });
    const context = through(proxy.port);
    expect(await outcome(context)).toBe("CONNECT api.lab.test:443 (200, digest login)");
    expect([proxy.connections(), proxy.logins.map((value) => value.split(" ")[0])]).toEqual([1, ["Basic", "Digest"]]);
    await outcome(context);
    expect([proxy.connections(), proxy.logins.length, proxy.logins[2]]).toEqual([
      2,
      3,
      expect.stringContaining("nc=00000002"),
    ]);
    nonce = "two";
    expect(await outcome(context)).toContain("200");
    expect([proxy.connections(), proxy.logins.length]).toEqual([3, 5]);
  });

  test("and is wrong is sent once, and not again by the next dial", async () => {
    await using proxy = await loginProxy(() => refused(digest("one")));
    const context = through(proxy.port);
    expect(await outcome(context)).toBe("PROXY_AUTH_REJECTED");
    expect(await outcome(context)).toBe("PROXY_AUTH_REJECTED");
    expect(proxy.logins.map((value) => value.split(" ")[0])).toEqual(["Basic", "Digest"]);
  });

  test("ends when every nonce is too old", async () => {
    await using proxy = await loginProxy(() => refused(digest("old", ", stale=true")));
    expect(await outcome(through(proxy.port))).toBe("PROXY_AUTH_REJECTED");
    expect(proxy.logins.length).toBeLessThan(6);
  });
});

/** [MS-NLMP] section 4.2.4. */
const ntlmChallenge = `NTLM ${Buffer.from(
  "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044000000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000",
  "hex",
).toString("base64")}`;

const messageType = (value: string): number => Buffer.from(value.replace("NTLM ", ""), "base64").readUInt32LE(8);

describe("a login that the proxy asks for by NTLM", () => {
  const ntlm: Answer = (head) => {
    const value = /^proxy-authorization: (NTLM .*)$/im.exec(head)?.[1];
    if (value === undefined) return refused("Proxy-Authenticate: NTLM");
    return messageType(value) === 1 ? refused(`Proxy-Authenticate: ${ntlmChallenge}`, "x".repeat(1_000_000)) : opened;
  };

  test("takes three messages on one connection, past any pages between them, and begins with the first from then on", async () => {
    await using proxy = await loginProxy(ntlm);
    const context = through(proxy.port);
    expect(await outcome(context)).toBe("CONNECT api.lab.test:443 (200, ntlm login)");
    expect([proxy.connections(), proxy.logins.map((value) => value.split(" ")[0])]).toEqual([
      1,
      ["Basic", "NTLM", "NTLM"],
    ]);
    expect(await outcome(context)).toContain("200");
    expect([proxy.connections(), proxy.logins.slice(3).map(messageType)]).toEqual([2, [1, 3]]);
  });

  test("goes on on another connection where the proxy closes the first one", async () => {
    await using proxy = await loginProxy((head, { connection, count }) =>
      connection === 1 ? refused("Proxy-Authenticate: NTLM\r\nConnection: close") : ntlm(head, { connection, count }),
    );
    expect(await outcome(through(proxy.port))).toContain("200, ntlm login");
    expect([proxy.connections(), proxy.logins.slice(1).map(messageType)]).toEqual([2, [1, 3]]);
  });

  test("is told as broken where the proxy closes the connection within it", async () => {
    await using proxy = await loginProxy((head) =>
      ntlm(head, { connection: 1, count: 1 }).replace("\r\n", "\r\nConnection: close\r\n"),
    );
    expect(await outcome(through(proxy.port))).toBe("PROXY_AUTH_UNSUPPORTED");
  });

  test("may be wanted for CONNECT alone: plain requests pass without one, and with the password that was configured", async () => {
    const fine = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    await using proxy = await loginProxy((head, at) => (head.startsWith("CONNECT") ? ntlm(head, at) : fine));
    const context = through(proxy.port);
    const plain = { protocol: "http:", host: "api.lab.test", port: 80 } as const;
    const sentWithGet = async (): Promise<string | undefined> => {
      const { socket, forward } = await dial(context, plain);
      const headers = forward?.request(plain).headers({ method: "GET", uri: "http://api.lab.test/" });
      socket.destroy();
      return headers?.["proxy-authorization"]?.split(" ")[0];
    };
    expect(await sentWithGet()).toBe("Basic");
    expect(await outcome(context)).toContain("200, ntlm login");
    // Now it is known to take NTLM, and asked so; nobody wants it.
    expect(await sentWithGet()).toBeUndefined();
    expect(await outcome(context)).toContain("200, ntlm login");
    expect(proxy.logins.map((value) => value.split(" ")[0])).toEqual(["Basic", "NTLM", "NTLM", "NTLM", "NTLM", "NTLM"]);
  });

  test("and is wrong is sent once, and not by another scheme", async () => {
    await using proxy = await loginProxy((head) => {
      const value = /^proxy-authorization: (NTLM .*)$/im.exec(head)?.[1];
      const offered = value !== undefined && messageType(value) === 1 ? ntlmChallenge : "NTLM";
      return refused(`Proxy-Authenticate: ${offered}\r\nProxy-Authenticate: Digest realm=corp, nonce=n`);
    });
    const context = through(proxy.port);
    expect(await outcome(context)).toBe("PROXY_AUTH_REJECTED");
    expect(proxy.logins.map((value) => value.split(" ")[0])).toEqual(["Basic", "NTLM", "NTLM"]);
    expect(await outcome(context)).toBe("PROXY_AUTH_REJECTED");
    expect(proxy.logins).toHaveLength(3);
  });
});

describe("a proxy with ways of its own", () => {
  test("may answer a CONNECT with 401, as if it were the target", async () => {
    await using proxy = await loginProxy((head) => {
      const value = /^proxy-authorization: (.*)$/im.exec(head)?.[1] ?? "";
      if (digestHolds(value, "one")) return opened;
      return `HTTP/1.1 401 Unauthorized\r\n${digest("one").replace("Proxy-", "WWW-")}\r\nContent-Length: 0\r\n\r\n`;
    });
    expect(await outcome(through(proxy.port))).toContain("200, digest login");
    expect(proxy.logins.join()).not.toMatch(/(?<!proxy-)authorization/i);
  });

  test("may send a page of a megabyte with its 407, or close the connection after each", async () => {
    const long = "x".repeat(1024 * 1024);
    for (const [fields, body] of [
      ["", long],
      ["\r\nConnection: close", ""],
      ["\r\nConnection: close", long],
    ] as const) {
      await using proxy = await loginProxy((head) => {
        const value = /^proxy-authorization: (.*)$/im.exec(head)?.[1] ?? "";
        return digestHolds(value, "one") ? opened : refused(`${digest("one")}${fields}`, body);
      });
      expect(await outcome(through(proxy.port))).toContain("200, digest login");
    }
  });

  test("may offer tickets as well: where none can be had, the stored password goes by Basic", async () => {
    await using proxy = await loginProxy((head) =>
      head.includes("Basic ")
        ? opened
        : refused('Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm="corp"'),
    );
    const stored = { username: "alice", password: new Secret("wonder land") };
    const storedLogins = { read: () => Promise.resolve(stored), find: () => Promise.resolve("file" as const) };
    const context = testContext({ hops: [proxyAt("http", proxy.port)], system: { storedLogins } });
    expect(await outcome(context)).toContain("200");
    expect(proxy.logins.map((value) => value.split(" ")[0])).toEqual(["", "Basic"]);
  });

  test("may ask for one login after another: that ends", async () => {
    await using proxy = await loginProxy((_head, { count }) =>
      refused(`Proxy-Authenticate: ${count % 2 === 1 ? 'Digest realm="x", nonce="n"' : "NTLM"}`),
    );
    expect(await outcome(through(proxy.port))).toMatch(/^PROXY_AUTH_/);
    expect(proxy.logins.length).toBeLessThan(10);
  });

  test("may take tickets alone: what makes them is asked for", async () => {
    await using proxy = await loginProxy(() => refused("Proxy-Authenticate: Negotiate"));
    expect(await outcome(through(proxy.port))).toBe("PROXY_AUTH_TICKET");
    expect(proxy.logins.map((value) => value.split(" ")[0])).toEqual(["Basic"]);
  });

  test("is not told the password where none of what it offers is supported", async () => {
    await using proxy = await loginProxy(() => refused("Proxy-Authenticate: Hoba"));
    expect(await outcome(through(proxy.port))).toBe("PROXY_AUTH_UNSUPPORTED");
  });
});
