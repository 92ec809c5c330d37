import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { fixture, program } from "./support/program.js";

/**
 * A program with connections of its own to plain HTTP, behind a proxy that wants whole URLs: what it writes is read and sent on. The proxy is
 * the test's own, which answers by itself, since what arrives there is what counts.
 */
const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

interface Wire {
  /** All that the program was answered. */
  readonly text: string;
  /** How its connection ended: in order, cut, or with an error. */
  readonly end: "end" | "broken" | "error";
  readonly error?: string;
}

type Step = string | { readonly until: string } | { readonly cut: true };

const origin = "http://origin.inside.test:8080";

/** What the program sees that takes these steps on one connection. */
async function wire(proxy: net.Server, ...steps: readonly Step[]): Promise<Wire> {
  servers.push(proxy);
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const { port } = proxy.address() as AddressInfo;
  const variables = { HTTP_PROXY: `http://127.0.0.1:${port}`, HTTPS_PROXY: `http://127.0.0.1:${port}` };
  const { stdout, stderr } = await program(fixture("wire.mjs"), [origin, JSON.stringify(steps)], { variables });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Wire;
}

/** A proxy that reads requests by node:http, and keeps them. */
function reading(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  return { server, asked };
}

/** A proxy that answers each piece that comes as the script says. */
function scripted(script: (socket: Socket, text: string) => void): net.Server {
  return net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => script(socket, chunk.toString("latin1")));
  });
}

const get = (...fields: readonly string[]): string =>
  ["GET /path HTTP/1.1", "Host: origin.inside.test:8080", ...fields, "", ""].join("\r\n");
const post = (...fields: readonly string[]): string => get(...fields).replace("GET", "POST");
const last = "Connection: close";

describe("header fields", () => {
  test("that are between neighbours stay there, also those that Connection names, in both directions", async () => {
    const { server, asked } = reading((_request, response) =>
      response
        .writeHead(200, { connection: "x-hop", "x-hop": "1", "keep-alive": "timeout=5", "x-kept": "2" })
        .end("answered"),
    );
    const fields = ["Connection: x-private, close", "X-Private: 1", "Keep-Alive: timeout=7", "X-Kept: 3"];
    const { text, end } = await wire(server, get(...fields));
    expect(asked[0]?.headers).toMatchObject({ host: "origin.inside.test:8080", "x-kept": "3" });
    expect(asked[0]?.headers).not.toHaveProperty("x-private");
    expect(asked[0]?.headers).not.toHaveProperty("keep-alive");
    expect(text).toMatch(/x-kept: 2/);
    expect(text).not.toMatch(/x-hop|timeout=5/);
    expect(end).toBe("end");
  });

  test("keep their order, spelling and repetitions, and none is added to either message", async () => {
    const server = scripted((socket, text) => {
      const fields = text.replace(/^[^]*?\r\n/, "").replaceAll("\r\n", "|");
      socket.end(`HTTP/1.1 200 Fine\r\nX-UP: 1\r\nx-up: 2\r\nContent-Length: ${fields.length}\r\n\r\n${fields}`);
    });
    const fields = ["X-B: 2", "Connection: TE", "x-b: 3", "TE: trailers", "Transfer-Encoding: chunked", "ACCEPT: */*"];
    const { text } = await wire(server, `${post(...fields)}0\r\n\r\n`, { until: "ACCEPT" }, { cut: true });
    const [head = "", body] = text.split("\r\n\r\n");
    expect(body?.split("||")[0]).toBe(["Host: origin.inside.test:8080", ...fields].join("|"));
    expect(head.split("\r\n").slice(0, 4)).toEqual([
      "HTTP/1.1 200 Fine",
      "X-UP: 1",
      "x-up: 2",
      expect.stringMatching(/^Content-Length/),
    ]);
    expect(head).not.toMatch(/^date:/im);
  });

  test("beyond the thousandth arrive as well", async () => {
    const { server, asked } = reading((_request, response) => response.end());
    server.maxHeadersCount = 0;
    await wire(server, get(last, ...Array.from({ length: 1500 }, (_, index) => `X-${index}: 1`)));
    expect(asked[0]?.headers).toHaveProperty("x-1499", "1");
  });
});

describe("trailers", () => {
  test("arrive in both directions", async () => {
    const { server, asked } = reading((request, response) => {
      request.resume().on("end", () => {
        response.writeHead(200, { trailer: "X-Sum" });
        response.write("body");
        response.addTrailers({ "X-Sum": "42" });
        response.end();
      });
    });
    const fields = ["TE: trailers", "Trailer: X-Up", "Transfer-Encoding: chunked", "Connection: TE, close"];
    const { text } = await wire(server, `${post(...fields)}2\r\nup\r\n0\r\nX-Up: 7\r\n\r\n`);
    expect(asked[0]?.trailers).toEqual({ "x-up": "7" });
    expect(asked[0]?.headers).toMatchObject({ te: "trailers", trailer: "X-Up" });
    expect(text).toMatch(/\r\n0\r\nX-Sum: 42\r\n\r\n$/);
  });
});

test("an answer to HEAD may announce trailers that it has no place for", async () => {
  const server = scripted((socket) => socket.end("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nX-Kept: 1\r\n\r\n"));
  const { text } = await wire(server, get(last).replace("GET", "HEAD"));
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\nX-Kept: 1/);
});

describe("interim answers", () => {
  test("102, 103 and those yet to be named arrive with what they say", async () => {
    const server = scripted((socket) =>
      socket.end(
        "HTTP/1.1 102 Processing\r\nX-Done: 3\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" +
          "HTTP/1.1 104 Upload Resumption Supported\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      ),
    );
    const { text } = await wire(server, get(last));
    expect(text).toMatch(
      /^HTTP\/1\.1 102 Processing\r\nX-Done: 3\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 104 [^]*\r\n\r\nHTTP\/1\.1 200 OK/,
    );
  });

  test("100 is the server's to say: who asks whether a body is wanted waits for its word", async () => {
    const { server, asked } = reading((request, response) => request.pipe(response));
    const told: string[] = [];
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
      told.push(request.headers.expect ?? "");
      response.writeContinue();
      server.emit("request", request, response);
    });
    const head = post("Expect: 100-continue", "Content-Length: 4", last);
    const { text } = await wire(server, head, { until: "100 Continue" }, "body");
    expect(told).toEqual(["100-continue"]);
    expect(asked).toHaveLength(1);
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [^]*body/);
  });

  test("a body that the server does not want is not asked for", async () => {
    const server = reading(() => undefined).server;
    server.on("checkContinue", (_request, response: ServerResponse) => response.writeHead(413).end("too large"));
    const { text } = await wire(
      server,
      post("Expect: 100-continue", "Content-Length: 4"),
      { until: "too large" },
      { cut: true },
    );
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).not.toMatch(/100 Continue/);
  });
});

describe("an upgrade", () => {
  const upgrade = get("Connection: Upgrade, x-private", "Upgrade: echo", "X-Private: 1");
  /** A proxy that opens tunnels to a server of its own. */
  function tunnelling(target: net.Server): net.Server {
    const server = http.createServer();
    server.on("connect", (_request, socket: Socket) => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.emit("connection", socket);
    });
    return server;
  }

  test("that the server refuses is answered as the server does, trailers and all", async () => {
    const { server, asked } = reading((_request, response) => {
      response.writeHead(426, { connection: "x-hop", "x-hop": "1", trailer: "X-Sum" });
      response.write("no");
      response.addTrailers({ "X-Sum": "42" });
      response.end();
    });
    const { text, end } = await wire(tunnelling(server), upgrade);
    expect(asked[0]?.headers).toMatchObject({ upgrade: "echo", connection: "Upgrade" });
    expect(asked[0]?.headers).not.toHaveProperty("x-private");
    expect(text).toMatch(/^HTTP\/1\.1 426 [^]*2\r\nno\r\n0\r\nX-Sum: 42\r\n\r\n$/);
    expect(text).not.toMatch(/x-hop/);
    expect(end).toBe("end");
  });

  test("that is refused by an answer which breaks off breaks off for the program", async () => {
    const server = scripted((socket) => socket.end("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 10\r\n\r\nno"));
    const { text, end } = await wire(tunnelling(server), upgrade);
    expect(text).toMatch(/no$/);
    expect(end).not.toBe("end");
  });

  test("that the server agrees to joins both, with all that is said at once", async () => {
    const server = scripted((socket, text) => {
      if (text.startsWith("GET")) socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst ");
      if (text.endsWith("last")) socket.end("bye");
    });
    const { text, end } = await wire(tunnelling(server), upgrade, { until: "first" }, "last");
    expect(text).toBe("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst bye");
    expect(end).toBe("end");
  });
});

describe("what breaks off", () => {
  test("an answer is no clean end for the program", async () => {
    const server = scripted((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
      setImmediate(() => socket.end());
    });
    const { text, end } = await wire(server, get());
    expect(text).toMatch(/\r\n3\r\nabc\r\n$/);
    expect(end).not.toBe("end");
  });

  test("an upload takes the request with it", async () => {
    let closed: ((complete: boolean) => void) | undefined;
    const over = new Promise<boolean>((resolve) => (closed = resolve));
    const { server } = reading((request, response) => {
      response.writeHead(200).write("go");
      request.resume().on("close", () => closed?.(request.complete));
    });
    await wire(server, post("Content-Length: 1000000"), "x".repeat(1000), { until: "go" }, { cut: true });
    expect(await over).toBe(false);
  });

  test("a server that cannot be reached ends the connection as it would have ended the program's own", async () => {
    const gone = net.createServer((socket) => socket.destroy());
    const { text, end, error } = await wire(gone, get());
    expect({ text, end, error }).toEqual({ text: "", end: "error", error: "ECONNRESET" });
  });
});

describe("connections", () => {
  test("are kept on both sides, whatever the answers have for bodies", async () => {
    const ports = new Set<number | undefined>();
    const { server, asked } = reading((request, response) => {
      ports.add(request.socket.remotePort);
      const bodiless = request.method === "HEAD" ? { "content-length": "1234" } : {};
      response.writeHead(request.method === "DELETE" ? 204 : 200, bodiless).end(request.method === "GET" ? "body" : "");
    });
    const methods = ["HEAD", "DELETE", "OPTIONS", "GET"];
    const steps = methods.flatMap((method, index) => [
      get(...(index === 3 ? [last] : [])).replace("GET", method),
      { until: `^(?:HTTP[^]*?\\r\\n\\r\\n){${index + 1}}` },
    ]);
    const { text, end } = await wire(server, ...steps);
    expect(asked.map(({ method }) => method)).toEqual(methods);
    expect(ports.size).toBe(1);
    expect(text.match(/HTTP\/1\.1 20[04]/g)).toHaveLength(4);
    expect(text.match(/content-length: 1234/gi)).toHaveLength(1);
    expect(end).toBe("end");
  });

  test("that the server has closed meanwhile are no fault of the next request's", async () => {
    // Closes each connection after its first answer without saying so, when the second request has come.
    const answered = new WeakSet<Socket>();
    const server = scripted((socket) => {
      if (answered.has(socket)) return void socket.destroy();
      answered.add(socket);
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const { text, end } = await wire(server, get(), { until: "ok$" }, get(last), { until: "ok[^]+ok$" });
    expect(text.match(/200 OK/g)).toHaveLength(2);
    expect(end).toBe("end");
  });

  test("of HTTP/1.0 get an answer that they can read", async () => {
    const { server } = reading((_request, response) => {
      response.write("until ");
      response.end("the end");
    });
    const { text, end } = await wire(server, get().replace("1.1", "1.0"));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nuntil the end$/);
    expect(text).not.toMatch(/transfer-encoding/i);
    expect(end).toBe("end");
  });
});
