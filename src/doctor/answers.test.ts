import { describe, expect, it } from "vitest";
import type { Fault } from "../base/errors.js";
import { labVariables } from "../lab/index.js";
import { diagnose } from "./diagnose.js";
import { renderReport } from "./ladder.js";
import { plain } from "./layout.js";
import { answering, type Answering } from "./testing/answering.js";
import { open } from "./testing/open.js";
import type { Report } from "./types.js";
import { standardLab } from "../../test/support/standard-lab.js";

const lab = await standardLab();

interface Said {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const trusting = { NODE_EXTRA_CA_CERTS: lab.files.bundle };
const asAlice = { SALLYPORT_CLIENT_CERT: lab.files.client.cert, SALLYPORT_CLIENT_KEY: lab.files.client.key };

/** What the doctor says of a server that answers so. */
async function judged(
  server: Answering,
  { status, headers = {}, body = "" }: Said,
  { variables = trusting, url = `https://localhost:${server.port}/` }: { variables?: object; url?: string } = {},
): Promise<{ report: Report; fault: Fault | undefined }> {
  server.answer = (response) => void response.writeHead(status, headers).end(body);
  const report = await diagnose(await open(lab, { ...variables }), [url]);
  expect(report.faults.length, JSON.stringify(report.faults)).toBeLessThan(2);
  return { report, fault: report.faults[0] };
}

const html = { "content-type": "text/html" };
const squid = (error: string) => ({ ...html, server: "squid/5.7", "x-squid-error": error });
const page = (heading: string, text: string) =>
  `<html><head><title>${heading}</title></head><body><h1>${heading}</h1><p>${text}</p></body></html>`;

describe("what an inspector answers inside the tunnel", () => {
  const cases: readonly (readonly [string, Said, string, RegExp])[] = [
    [
      "squid about an expired certificate",
      {
        status: 503,
        headers: squid("ERR_SECURE_CONNECT_FAIL 71"),
        body: "<pre>(71) Protocol error (TLS code: X509_V_ERR_CERT_HAS_EXPIRED)</pre><p>SSL Certificate expired",
      },
      "TLS_EXPIRED",
      /"Lab Inspector CA.*certificate has expired.*CERT_HAS_EXPIRED/,
    ],
    [
      "squid about a name",
      {
        status: 503,
        headers: squid("ERR_SECURE_CONNECT_FAIL 71"),
        body: "(TLS code: SQUID_X509_V_ERR_DOMAIN_MISMATCH)",
      },
      "TLS_NAME_MISMATCH",
      /for another name/,
    ],
    [
      "squid about an unknown issuer",
      {
        status: 503,
        headers: squid("ERR_SECURE_CONNECT_FAIL 71"),
        body: "(TLS code: X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)",
      },
      "TLS_UNTRUSTED_ISSUER",
      /not trusted there/,
    ],
    [
      "mitmproxy about a self-signed certificate",
      {
        status: 502,
        headers: { ...html, server: "mitmproxy 8.1.0" },
        body: "Certificate verify failed: self signed certificate",
      },
      "TLS_SELF_SIGNED",
      /signed itself/,
    ],
    [
      "mitmproxy about TLS 1.1",
      {
        status: 502,
        headers: { ...html, server: "mitmproxy 8.1.1" },
        body: "The remote server and mitmproxy cannot agree on a TLS version to use. You may need to adjust mitmproxy&#x27;s tls_version_server_min option.",
      },
      "TLS_VERSION",
      /share no TLS version/,
    ],
    [
      "mitmproxy about a port of plain HTTP",
      {
        status: 502,
        headers: { ...html, server: "mitmproxy 8.1.1" },
        body: "The remote server does not speak TLS.",
      },
      "TLS_NOT_TLS",
      /not with TLS/,
    ],
    [
      "mitmproxy about a server that does not know the name",
      {
        status: 502,
        headers: { ...html, server: "mitmproxy 8.1.1" },
        body: "OpenSSL Error([(&#x27;SSL routines&#x27;, &#x27;&#x27;, &#x27;tlsv1 unrecognized name&#x27;)])",
      },
      "TLS_NAME_MISMATCH",
      /nothing under that name/,
    ],
    [
      "squid about a port that is closed",
      { status: 503, headers: squid("ERR_CONNECT_FAIL 111"), body: "Connection to 127.0.0.1 failed." },
      "PROXY_BAD_GATEWAY",
      /cannot reach localhost:\d+ \(503, squid: ERR_CONNECT_FAIL 111\)/,
    ],
    [
      "squid about a name that nobody knows",
      { status: 500, headers: squid("ERR_CANNOT_FORWARD 0"), body: "Unable to forward this request" },
      "PROXY_BAD_GATEWAY",
      /ERR_CANNOT_FORWARD/,
    ],
    [
      "squid about its rules",
      { status: 403, headers: squid("ERR_ACCESS_DENIED 0"), body: page("Access Denied.", "administrator") },
      "PROXY_FORBIDDEN",
      /does not allow localhost/,
    ],
    [
      "one that says who it is by RFC 9209",
      { status: 502, headers: { "proxy-status": "ExampleGate; error=connection_refused" } },
      "PROXY_BAD_GATEWAY",
      /ExampleGate/,
    ],
    [
      "Zscaler with a redirect to its page",
      { status: 307, headers: { server: "Zscaler/6.2", location: "https://gateway.zscaler.test/notify?u=alice" } },
      "HTTP_BLOCK_PAGE",
      /to https:\/\/gateway\.zscaler\.test\/notify\)/,
    ],
    [
      "a filter with a page of status 200",
      { status: 200, headers: html, body: page("Web Page Blocked", "Category: games. Company policy.") },
      "HTTP_BLOCK_PAGE",
      /"Web Page Blocked"/,
    ],
    [
      "a filter with a page of status 403",
      { status: 403, headers: html, body: page("Access Denied", "This category is forbidden by policy.") },
      "HTTP_BLOCK_PAGE",
      /403, "Access Denied"/,
    ],
    ["the server's own 502", { status: 502, body: "upstream is down" }, "HTTP_STATUS", /may be that of "Lab Inspector/],
    ["the server's own 500", { status: 500 }, "HTTP_STATUS", /answers 500 Internal Server Error/],
  ];

  it("is named for what it says, and no client certificate is blamed that nobody asked for", async () => {
    await using server = await answering({ issuer: lab.authorities.inspector });
    for (const [what, said, code, message] of cases) {
      const { fault } = await judged(server, said, { variables: { ...trusting, ...asAlice } });
      expect([what, fault?.code, fault?.message]).toEqual([what, code, expect.stringMatching(message)]);
    }
  });

  it("is a stripped client certificate where the page says that the server wants one", async () => {
    await using server = await answering({ issuer: lab.authorities.inspector });
    const said: Said = {
      status: 503,
      headers: squid("ERR_SECURE_CONNECT_FAIL 71"),
      body: "(TLS code: SQUID_TLS_ERR_CONNECT+TLS_LIB_ERR=A00045C+TLS_IO_ERR=1)",
    };
    expect((await judged(server, said, { variables: { ...trusting, ...asAlice } })).fault?.code).toBe(
      "CLIENT_CERT_INSPECTED",
    );
    const { fault } = await judged(server, said);
    expect(fault).toMatchObject({ code: "CLIENT_CERT_REQUIRED", hop: "target" });
    expect(fault?.remedy).toContain("exempted from inspection");
  });

  it("says that the inspection is in the way, too, where the server's own words ask for a certificate", async () => {
    await using server = await answering({ issuer: lab.authorities.inspector });
    const said: Said = { status: 400, headers: html, body: "<center>No required SSL certificate was sent</center>" };
    const { fault } = await judged(server, said);
    expect(fault).toMatchObject({ code: "CLIENT_CERT_REQUIRED", hop: "target" });
    expect(fault?.remedy).toMatch(
      /_CLIENT_CERT and .* exempted from inspection: "Lab Inspector CA", which opens its TLS/,
    );
    await using own = await answering({ issuer: lab.authorities.intermediate });
    expect((await judged(own, said)).fault?.remedy).not.toContain("exempted");
  });

  it("is no fault of a certificate where it says nothing at all", async () => {
    await using server = await answering({ issuer: lab.authorities.inspector });
    server.answer = (response) => void response.socket?.destroy();
    const network = await open(lab, { ...trusting, ...asAlice });
    const [fault] = (await diagnose(network, [`https://localhost:${server.port}/`])).faults;
    expect(fault).toMatchObject({ code: "HTTP_CLOSED", remedy: expect.stringContaining("exempted") as string });
  });
});

describe("what a server itself answers", () => {
  it("is healthy with 404 and 401, a fault with 503, and a warning with 403", async () => {
    await using server = await answering({ issuer: lab.authorities.intermediate });
    for (const status of [200, 204, 301, 401, 404, 405, 429]) {
      const { report } = await judged(server, { status, headers: { location: "/elsewhere" } });
      expect([status, report.ok, report.warnings]).toEqual([status, true, []]);
    }
    const down = await judged(server, { status: 503 });
    expect(down.fault).toMatchObject({ code: "HTTP_STATUS", stage: "http", hop: "target" });
    expect(down.fault?.message).toContain("on its side");
    const { report } = await judged(server, {
      status: 403,
      headers: html,
      body: page("Access Denied", "Reference #18"),
    });
    expect(report).toMatchObject({ ok: true, warnings: [{ code: "HTTP_STATUS" }] });
    const text = renderReport(report, plain);
    expect(text).toContain("refuses this request: 403 Forbidden");
    expect(text).not.toContain("Everything that was checked works.");
  });

  it("is a proxy's login where the 407 comes from behind", async () => {
    await using server = await answering({ issuer: lab.authorities.intermediate });
    const { fault } = await judged(server, { status: 407 });
    expect(fault).toMatchObject({ code: "PROXY_AUTH_REQUIRED", stage: "http", hop: "target" });
  });

  it("is CLIENT_CERT_REQUIRED with 403, where the handshake asked for a certificate and got none", async () => {
    const tls = { requestCert: true, rejectUnauthorized: false, ca: lab.authorities.client.cert };
    await using server = await answering({ issuer: lab.authorities.intermediate, tls });
    const { fault } = await judged(server, { status: 403 });
    expect(fault).toMatchObject({ code: "CLIENT_CERT_REQUIRED", hop: "target" });
    const shown = await judged(server, { status: 403 }, { variables: { ...trusting, ...asAlice } });
    expect(shown.report).toMatchObject({ ok: true, warnings: [{ code: "HTTP_STATUS" }] });
    expect(shown.report.warnings[0]?.message).toContain("CN=alice, O=Lab was shown");
  });
});

describe("what comes in place of a plain http server", () => {
  it("is a captive portal with 511, and with a redirect to a login elsewhere", async () => {
    await using server = await answering();
    const url = `http://localhost:${server.port}/`;
    const portals: readonly Said[] = [
      { status: 511, headers: html, body: "<a href=login>log in</a>" },
      { status: 302, headers: { location: "http://portal.hotel.test/login?mac=11" } },
      { status: 302, headers: { location: `http://10.1.1.1/x?to=${encodeURIComponent(url)}` } },
    ];
    for (const said of portals) {
      const { fault } = await judged(server, said, { url });
      expect([said, fault?.code, fault?.hop]).toEqual([said, "CAPTIVE_PORTAL", "proxy"]);
      expect(fault?.message).not.toContain("mac=11");
    }
  });

  it("is a block page with a redirect to one", async () => {
    await using server = await answering();
    const said = { status: 302, headers: { location: "http://filter.corp.test/blocked?cat=7" } };
    expect((await judged(server, said, { url: `http://localhost:${server.port}/` })).fault?.code).toBe(
      "HTTP_BLOCK_PAGE",
    );
  });

  it("is nothing of the kind where a site sends on to itself, or has moved", async () => {
    await using server = await answering();
    for (const location of ["https://localhost/", "/login", "https://www.example.test/welcome"]) {
      const { report } = await judged(
        server,
        { status: 301, headers: { location } },
        {
          url: `http://localhost:${server.port}/`,
        },
      );
      expect([location, report.ok]).toEqual([location, true]);
    }
  });

  it("is the proxy's own word where its page shows that", async () => {
    const variables = labVariables(lab, lab.basic);
    const asked = async (status: number, headers: Record<string, string>) => {
      await using proxy = await lab.proxy({ fault: { kind: "status", status, headers } });
      const report = await diagnose(await open(lab, { ...variables, http_proxy: proxy.url }), [lab.plain.url]);
      return report.faults[0]?.code;
    };
    expect(await asked(403, { "X-Squid-Error": "ERR_ACCESS_DENIED 0" })).toBe("PROXY_FORBIDDEN");
    expect(await asked(500, { "X-Squid-Error": "ERR_CANNOT_FORWARD 0" })).toBe("PROXY_BAD_GATEWAY");
    expect(await asked(500, { Server: "tinyproxy/1.11.1" })).toBe("PROXY_BAD_GATEWAY");
    expect(await asked(503, {})).toBe("HTTP_STATUS");
  });
});
