import { createHash } from "node:crypto";
import { request, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { Script } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { busyNow, busyStatus } from "./testing/busy-status.js";
import { parseExposition } from "./testing/exposition.js";
import { fakeGateway, quietStatus, type FakeGateway } from "./testing/fake-gateway.js";
import { payload, poisoned } from "./testing/poison.js";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Headers = Readonly<Record<string, string>>;

const token = "T0ken-of-the-gateway/+=";
const bearer = { authorization: `Bearer ${token}` };
const everyPage = ["/", "/status.json", "/metrics", "/favicon.svg", "/healthz"];

let guarded: FakeGateway;
let open: FakeGateway;
beforeAll(async () => {
  guarded = await fakeGateway(token);
  open = await fakeGateway(undefined);
});
afterAll(async () => {
  await guarded[Symbol.asyncDispose]();
  await open[Symbol.asyncDispose]();
});

function ask(gateway: FakeGateway, path: string, headers: Headers = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: "127.0.0.1",
      port: gateway.port,
      path,
      method,
      agent: false,
      headers,
    });
    sent.on("error", reject).on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.end();
  });
}

function firstLine(gateway: FakeGateway, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, "127.0.0.1", () => socket.write(text));
    socket.on("error", reject).once("data", (chunk) => {
      resolve(chunk.toString().split("\r\n")[0] ?? "");
      socket.destroy();
    });
  });
}

const basic = (user: string, password: string): Headers => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

describe("the token", () => {
  it.each(["/", "/status.json", "/metrics"])("%s is shown to nobody without it", async (path) => {
    const { status, headers, body } = await ask(guarded, path);
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toMatch(/^Bearer realm="sallyport gateway", Basic /);
    expect(body).toBe("This page requires the gateway's token. The gateway prints the whole address when it starts.\n");
  });

  it.each<[string, Headers]>([
    ["as Bearer", bearer],
    ["as bearer, in lower case", { authorization: `bearer  ${token}` }],
    ["as the password of Basic, without a user", basic("", token)],
    ["as the password of Basic, with any user", basic("sallyport", token)],
  ])("is taken %s", async (_, headers) => {
    for (const path of everyPage) expect((await ask(guarded, path, headers)).status).toBe(200);
  });

  it.each<[string, Headers]>([
    ["another one", { authorization: "Bearer wrong" }],
    ["its beginning", { authorization: `Bearer ${token.slice(0, -1)}` }],
    ["more than it", { authorization: `Bearer ${token}x` }],
    ["as the user of Basic", basic(token, "")],
    ["another scheme", { authorization: `Digest ${token}` }],
    ["no value", { authorization: "Bearer" }],
    ["in Proxy-Authorization", { "proxy-authorization": `Bearer ${token}` }],
    ["in a cookie", { cookie: `sallyport-status=${token}; token=${token}` }],
  ])("is not taken: %s", async (_, headers) => {
    expect((await ask(guarded, "/status.json", headers)).status).toBe(401);
  });

  it("is not needed where the gateway asks for none", async () => {
    for (const path of everyPage) expect((await ask(open, path)).status).toBe(200);
  });

  it("is in no answer, whatever is asked for", async () => {
    const query = `?token=${encodeURIComponent(token)}`;
    const answers = [
      ...(await Promise.all(everyPage.map((path) => ask(guarded, path, bearer)))),
      await ask(guarded, `/${query}`),
      await ask(guarded, `/status.json${query}`),
      await ask(guarded, `/?token=${encodeURIComponent(token)}x`),
      await ask(guarded, "/", { authorization: `Bearer ${token}x`, accept: "text/html" }),
    ];
    for (const answer of answers) expect(JSON.stringify(answer)).not.toContain(token.slice(0, 10));
    expect(guarded.refusals.join("\n")).not.toContain(token.slice(0, 10));
  });

  it("counts a refusal with its status, so that the page shows it", async () => {
    await using gateway = await fakeGateway(token);
    await ask(gateway, "/");
    await ask(gateway, "/", { authorization: "Bearer x" });
    await ask(gateway, "/", { host: "evil.example", ...bearer });
    expect(gateway.refusals).toEqual([
      "401 the status page was requested without the token",
      "401 the status page was requested with a wrong token",
      "421 the status page was requested under another host name",
    ]);
  });
});

describe("the cookie that /?token=… sets", () => {
  const enter = async (gateway: FakeGateway, path: string): Promise<Answer> => ask(gateway, path);

  it("leads to / at once, so that the token leaves the address bar and the history", async () => {
    const { status, headers, body } = await enter(guarded, `/?token=${encodeURIComponent(token)}`);
    expect(status).toBe(303);
    expect(headers.location).toBe("/");
    expect(body).toBe("See /\n");
    const [cookie = "", ...others] = headers["set-cookie"] ?? [];
    expect(others).toEqual([]);
    expect(cookie).toMatch(
      new RegExp(`^sallyport-status-${guarded.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`),
    );
    const [pair = ""] = cookie.split(";");
    expect((await ask(guarded, "/", { cookie: pair })).status).toBe(200);
    expect((await ask(guarded, "/status.json", { cookie: `other=1; ${pair}; more="2"` })).status).toBe(200);
    expect((await ask(guarded, "/", { cookie: `${pair}x` })).status).toBe(401);
    expect((await ask(guarded, "/", { cookie: pair.slice(0, -1) })).status).toBe(401);
  });

  it("opens no other gateway, and not the same one after a new start", async () => {
    const [cookie = ""] = (await enter(guarded, `/?token=${encodeURIComponent(token)}`)).headers["set-cookie"] ?? [];
    await using other = await fakeGateway(token);
    const value = /=([\w-]+);/.exec(cookie)?.[1] ?? "";
    expect((await ask(other, "/", { cookie: `sallyport-status-${other.port}=${value}` })).status).toBe(401);
  });

  it("is not set for a wrong token, nor on another page", async () => {
    const wrong = await enter(guarded, "/?token=wrong");
    expect([wrong.status, wrong.headers["set-cookie"]]).toEqual([401, undefined]);
    const elsewhere = await enter(guarded, `/status.json?token=${encodeURIComponent(token)}`);
    expect([elsewhere.status, elsewhere.headers["set-cookie"]]).toEqual([401, undefined]);
    expect((await enter(guarded, "/?token=")).status).toBe(401);
  });

  it("is not needed without a token: the address is cleaned all the same", async () => {
    const { status, headers } = await enter(open, "/?token=old");
    expect([status, headers.location, headers["set-cookie"]]).toEqual([303, "/", undefined]);
  });
});

describe("a page of another site", () => {
  it.each([
    "evil.example",
    "127.0.0.1",
    "127.0.0.1:1",
    "localhost.evil.example:PORT",
    "127.0.0.1:PORT.evil.example",
    "0.0.0.0:PORT",
    "[::]:PORT",
  ])("that has its name point at the gateway (Host: %s) gets 421, token or not, and nothing else", async (host) => {
    for (const gateway of [guarded, open]) {
      for (const path of everyPage) {
        const { status, body } = await ask(gateway, path, {
          ...bearer,
          host: host.replace("PORT", String(gateway.port)),
        });
        expect(status).toBe(421);
        expect(body).toMatch(/^This gateway answers only to 127\.0\.0\.1:\d+, localhost:\d+, \[::1\]:\d+\.\n$/);
      }
    }
  });

  it("no Host line is no name of ours, nor are two", async () => {
    const own = `Host: 127.0.0.1:${open.port}\r\n`;
    expect(await firstLine(open, "GET /status.json HTTP/1.0\r\n\r\n")).toBe("HTTP/1.1 421 Misdirected Request");
    expect(await firstLine(open, `GET /status.json HTTP/1.1\r\n${own}${own}\r\n`)).toBe(
      "HTTP/1.1 421 Misdirected Request",
    );
  });

  it.each(["127.0.0.1:PORT", "localhost:PORT", "LOCALHOST:PORT", "[::1]:PORT"])(
    "its own name %s is taken",
    async (host) => {
      expect((await ask(open, "/", { host: host.replace("PORT", String(open.port)) })).status).toBe(200);
    },
  );

  it.each([
    [undefined, "localhost", ["127.0.0.1", "localhost:80", "evil.example"]],
    [80, "127.0.0.1", ["127.0.0.1:81", "evil.example"]],
  ])("with port %s (none: a Unix socket), %s is its name", async (port, own, others) => {
    await using gateway = await fakeGateway(undefined, quietStatus, { port });
    expect((await ask(gateway, "/", { host: own })).status).toBe(200);
    for (const host of others) expect((await ask(gateway, "/", { host })).status).toBe(421);
  });

  it.each<[string, Headers]>([
    ["cross-site", { "sec-fetch-site": "cross-site" }],
    ["from another port of this machine", { "sec-fetch-site": "same-site" }],
    ["with an Origin that is not ours", { origin: "http://127.0.0.1:1" }],
    ["with an opaque Origin", { origin: "null" }],
  ])("is refused: %s", async (_, headers) => {
    for (const gateway of [guarded, open]) {
      for (const path of everyPage) expect((await ask(gateway, path, { ...bearer, ...headers })).status).toBe(403);
    }
  });

  it.each(["same-origin", "none"])("Sec-Fetch-Site: %s is none", async (site) => {
    const headers = { "sec-fetch-site": site, origin: `http://127.0.0.1:${open.port}` };
    expect((await ask(open, "/", headers)).status).toBe(200);
  });

  it("may frame, embed or cache nothing of it, and learns no address", async () => {
    for (const gateway of [guarded, open]) {
      for (const path of everyPage) {
        expect((await ask(gateway, path)).headers).toMatchObject({
          "cache-control": "no-store",
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-resource-policy": "same-origin",
          "referrer-policy": "no-referrer",
          "x-content-type-options": "nosniff",
          "x-frame-options": "DENY",
          "content-security-policy": expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'/) as string,
        });
      }
    }
  });
});

describe("what is answered", () => {
  it("takes GET and HEAD alone", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"]) {
      for (const path of everyPage) {
        const { status, headers } = await ask(guarded, path, bearer, method);
        expect([status, headers.allow]).toEqual([405, "GET, HEAD"]);
      }
    }
    const { status, headers, body } = await ask(guarded, "/", bearer, "HEAD");
    expect([status, body]).toEqual([200, ""]);
    expect(Number(headers["content-length"])).toBeGreaterThan(1000);
  });

  it("leaves paths that it does not know to the gateway", async () => {
    for (const path of ["/nothing", "//", "/status.json/", "/../status.json", "/%2e/metrics", "*"]) {
      expect((await ask(guarded, path, bearer)).status).toBe(404);
    }
  });

  it("/healthz tells whether the gateway takes more, and nothing else", async () => {
    await using gateway = await fakeGateway(token, busyStatus);
    expect(await ask(gateway, "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
    gateway.status = { ...busyStatus, draining: true };
    expect(await ask(gateway, "/healthz")).toMatchObject({ status: 503, body: "draining\n" });
  });

  it("/status.json is the status", async () => {
    await using gateway = await fakeGateway(token, busyStatus);
    const { headers, body } = await ask(gateway, "/status.json", bearer);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(busyStatus)));
  });

  it("/metrics is what Prometheus reads", async () => {
    await using gateway = await fakeGateway(token, busyStatus);
    const { headers, body } = await ask(gateway, "/metrics", basic("prometheus", token));
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(parseExposition(body).map(({ name }) => name)).toContain("sallyport_connections_open");
    const started = parseExposition(body).find(({ name }) => name === "process_start_time_seconds")?.value ?? 0;
    expect(Math.abs(started - (Date.now() / 1000 - process.uptime()))).toBeLessThan(60);
  });

  it("a browser without the token gets a form for it, and no dialog of the browser's own", async () => {
    const { status, headers, body } = await ask(guarded, "/", {
      accept: "text/html,*/*;q=0.8",
      "sec-fetch-site": "none",
      "sec-fetch-mode": "navigate",
    });
    expect([status, headers["www-authenticate"]]).toEqual([401, 'Bearer realm="sallyport gateway"']);
    expect(body).toContain('<input id="token" name="token" type="password"');
    const fetched = await ask(guarded, "/", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" });
    expect(fetched.headers["www-authenticate"]).not.toContain("Basic");
  });
});

describe("the page", () => {
  const load = async (status = busyStatus): Promise<Answer> => {
    await using gateway = await fakeGateway(undefined, status);
    gateway.now = busyNow;
    return await ask(gateway, "/");
  };

  it("runs its own script and style by their hashes, and nothing else", async () => {
    const { headers, body } = await load();
    const policy = String(headers["content-security-policy"]);
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:|blob:/);
    const hash = (tag: string): string => {
      const found = [...body.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, "g"))].map(([, text = ""]) => text);
      expect(found).toHaveLength(1);
      return createHash("sha256")
        .update(found[0] ?? "")
        .digest("base64");
    };
    expect(policy).toContain(`style-src 'sha256-${hash("style")}'`);
    expect(policy).toContain(`script-src 'sha256-${hash("script")}'`);
    expect(body).not.toMatch(/\sstyle=|\son\w+=/);
    expect(new Script(/<script>([^]*?)<\/script>/.exec(body)?.[1] ?? "")).toBeInstanceOf(Script);
  });

  it("refers to nothing outside the gateway", async () => {
    const { body } = await load();
    const references = [...body.matchAll(/\s(?:href|src|action|xlink:href|srcset|poster|data)="([^"]*)"/g)].map(
      ([, to]) => to,
    );
    expect(new Set(references)).toEqual(new Set(["/favicon.svg", "/", "/status.json", "/metrics", "/healthz"]));
    expect(body).not.toMatch(/@import|url\(/);
  });

  it("is complete without its script", async () => {
    const { body } = await load();
    const text = body
      .replace(/<(style|script)>[^]*?<\/\1>/g, "")
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ");
    for (const part of [
      "sallyport gateway running http://127.0.0.1:8118 up 3 h 25 min open to whoever has the token version 1.2.3 settings reloaded 3 times 1 failed reload network changed 2 times",
      "Open now 5 Since the start 1,663 Sent 38 MB Received 4.1 GB Faults 14 Certificate expired 2 d 9 h ago",
      "KEY_PERMISSIONS /home/alice/keys/alice.key (SALLYPORT_CLIENT_KEY) may be read by other users Remedy chmod 600",
      "pypi.org :443 tunnel you http proxy.corp.example :3128 target HTTPS_PROXY is set 3.0 s dns 0.4 ms tcp failed 3.0 s",
      "api.anthropic.com :443 tunnel intercepted as workstation",
      "tls 63 ms 48 kB 1.9 MB 1 min",
      "valid, 73 days left",
      "expires in 6 days",
      "expired 2 d 9 h ago",
      "TCP_TIMEOUT 12 times, last 3 s ago",
      "docs/faults.md#tcp_timeout",
      "407 Proxy Authentication Required a program came without the token, or with a wrong one 3",
    ])
      expect(text.replaceAll(/ ([.,])/g, "$1")).toContain(part);
  });

  it("says something of use where there is nothing to show", async () => {
    const { body } = await load(quietStatus);
    for (const part of ["Nothing is open.", "None since the start", "None is configured.", "passes through untouched"])
      expect(body.replace(/\s+/g, " ")).toContain(part);
    expect(body).not.toContain("Warnings about the settings");
  });

  it("says so when the gateway drains", async () => {
    const { body } = await load({ ...busyStatus, draining: true });
    expect(body).toContain('<span class="badge warn" ');
    expect(body).toMatch(/>draining<\/span/);
  });

  it("makes nothing of what hostile servers, proxies and certificates say", async () => {
    const { body } = await load(poisoned(busyStatus));
    expect(body).toContain("&lt;script&gt;document.title=&#39;pwned&#39;&lt;/script&gt;");
    expect(body).not.toContain(payload);
    expect(body).not.toMatch(/<img|<script>document|"'>/);
    // Every attribute is quoted, and no quote of the payload ends one.
    expect(body.match(/onerror="/g)).toBeNull();
  });

  it("shows the newest 200 of 2000 connections, and the number of the rest", async () => {
    const [one] = busyStatus.connections;
    const connections = Array.from({ length: 2000 }, (_, index) => ({ ...one!, id: index + 1 }));
    const { body } = await load({ ...busyStatus, connections });
    expect(body.match(/data-key="connection-/g)).toHaveLength(200);
    expect(body).toContain('data-key="connection-2000"');
    expect(body).not.toContain('data-key="connection-1800"');
    expect(body).toContain("1,800 older ones");
    expect(body.length).toBeLessThan(1_000_000);
  });

  it("puts the rest of a long NO_PROXY behind a click", async () => {
    const routes = Array.from({ length: 60 }, (_, index) => ({
      hosts: `h${index}.example`,
      way: "direct",
      source: "NO_PROXY",
    }));
    const { body } = await load({ ...busyStatus, routes });
    expect(body.match(/data-key="route-/g)).toHaveLength(1);
    expect(body).toContain("<summary>and 36 others</summary>");
  });
});
