import { describe, expect, it } from "vitest";
import { standardLab } from "../../../test/support/standard-lab.js";
import type { FaultCode } from "../../base/codes.js";
import type { Hop } from "../../base/errors.js";
import { labVariables } from "../../lab/index.js";
import { diagnose } from "../diagnose.js";
import { open } from "../testing/open.js";
import type { Report } from "../types.js";
import { whoseIs } from "../whose.js";
import { commandIn } from "./findings.js";
import { renderReportPage, type ReportSurroundings } from "./index.js";

const lab = await standardLab();
const around: ReportSurroundings = {
  settings: [],
  now: Date.UTC(2026, 10, 28, 3, 4),
  version: "1.2.3",
  nodeVersion: "20.20.2",
  platform: "linux",
  home: "/home/alice",
};

async function pageOf(
  variables: Readonly<Record<string, string>>,
  urls: readonly string[],
  more = {},
): Promise<string> {
  const network = await open(lab, variables);
  const report = await diagnose(network, urls);
  return renderReportPage(report, { ...around, settings: network.policy.settings, ...more });
}

/** What a reader sees, without markup; entities as they are. */
const textOf = (page: string): string =>
  page
    .replace(/<style>.*<\/style>/s, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

describe("the report as a page", () => {
  it("shows the way, each hop's state, all stages with their times, and the settings with their sources", async () => {
    const text = textOf(await pageOf(labVariables(lab, lab.strict), [`https://${lab.mtls.name}/`]));
    expect(text).toContain("Everything that was checked works.");
    expect(text).toMatch(/You works this machine https proxy works localhost:\d+ .*Target works mtls\.lab\.test/);
    for (const stage of ["config", "route", "dns", "tcp", "proxy-tls", "tunnel", "tls", "client-cert", "http"])
      expect(text).toMatch(new RegExp(` ${stage} (?:yours|the proxy&#39;s|the target&#39;s) works `));
    expect(text).toContain("HTTPS_PROXY");
    expect(text).toContain("sallyport doctor 1.2.3, Node 20.20.2 on linux, 2026-11-28 03:04 UTC");
  });

  it("says where it fails, what was not reached, whose it is and what to do", async () => {
    const wrong = {
      https_proxy: `http://alice:wrong@localhost:${lab.basic.port}`,
      NODE_EXTRA_CA_CERTS: lab.files.rootCa,
    };
    const page = await pageOf(wrong, ["https://api.lab.test/"]);
    const text = textOf(page);
    expect(text).toMatch(/You works .* http proxy fails here .* Target not reached api\.lab\.test/);
    expect(text).toMatch(/error PROXY_AUTH_REJECTED at the stage proxy-auth; for you/);
    expect(text).toContain("What to do:");
    expect(page).not.toContain("wrong");
  });

  it("shows who opens the TLS, and the chain that did not hold with what is missing", async () => {
    const variables = { https_proxy: lab.inspector.url, NODE_EXTRA_CA_CERTS: lab.files.rootCa };
    const text = textOf(await pageOf(variables, ["https://api.lab.test/"]));
    expect(text).toMatch(
      /Inspector opens the TLS, not trusted here Lab Inspector CA Target not reached api\.lab\.test/,
    );
    expect(text).toMatch(/TLS_INSPECTED at the stage tls; for you/);
    expect(text).toMatch(/The chain that was shown api\.lab\.test , issued by Lab Inspector CA, valid until \d{4}/);
    expect(text).toMatch(/Lab Inspector CA is not trusted here, /);
    const trusting = { ...variables, NODE_EXTRA_CA_CERTS: lab.files.bundle };
    expect(textOf(await pageOf(trusting, ["https://api.lab.test/"]))).toContain(
      "Inspector opens the TLS Lab Inspector",
    );
  });

  it("says that a setting fails, though the way itself does not end there", async () => {
    const settings = { NODE_EXTRA_CA_CERTS: lab.files.rootCa, SALLYPORT_CLIENT_CERT: "/nonexistent/alice.pem" };
    const text = textOf(await pageOf(settings, [lab.api.directUrl]));
    expect(text).toMatch(/You a setting fails this machine/);
    expect(text).toMatch(/CERT_FILE_UNREADABLE at the stage config; for you/);
  });

  it("leaves to each whose it is: a refusal to the proxy's people, an expired certificate to the server's", () => {
    const of = (code: FaultCode, hop: Hop) => whoseIs({ code, hop });
    expect([of("PROXY_FORBIDDEN", "proxy"), of("CLIENT_CERT_INSPECTED", "target")]).toEqual(["proxy", "proxy"]);
    expect([of("TLS_EXPIRED", "target"), of("HTTP_STATUS", "target")]).toEqual(["server", "server"]);
    expect([of("CLIENT_CERT_REQUIRED", "target"), of("PROXY_NEEDS_TLS", "proxy")]).toEqual(["you", "you"]);
    expect(of("TLS_EXPIRED", "proxy")).toBe("proxy");
  });

  it("has several targets on one page, with a way to each", async () => {
    const page = await pageOf(labVariables(lab, lab.basic), ["https://api.lab.test/", "https://nowhere.lab.test/"]);
    expect(page.match(/<section class="card" id="target-\d"/g)).toHaveLength(2);
    expect(page).toMatch(/<nav aria-label="Targets">.*href="#target-0".*href="#target-1".*<\/nav>/s);
  });

  it("loads and runs nothing: its policy allows its own style alone, by a hash", async () => {
    const page = await pageOf({}, ["https://api.lab.test/"]);
    expect(page).toMatch(/content="default-src &#39;none&#39;; style-src &#39;sha256-[^&]+&#39;; base-uri/);
    expect(page).not.toMatch(/<script|<img|<link|<iframe|@import|url\(|style="/);
  });

  it("runs nothing that servers, proxies and certificates say, and keeps the user's name to itself", () => {
    const evil = `"'><img src=x onerror=alert(1)><script>alert(1)</script></style>\u202e`;
    const fault = {
      code: "TLS_EXPIRED",
      stage: "tls",
      hop: "target",
      owner: "server",
      docs: "https://example.com/",
    } as const;
    const report: Report = {
      ok: false,
      warnings: [{ ...fault, message: evil, remedy: `run: sallyport trust add /home/alice/${evil}` }],
      faults: [{ ...fault, message: evil, remedy: evil }],
      targets: [
        {
          url: "https://evil.example/",
          purpose: evil,
          needed: true,
          ok: false,
          route: { kind: "direct", reason: evil, hops: [] },
          stages: [{ stage: "tls", hop: "target", ok: false, ms: 1, detail: evil }],
          faults: [{ ...fault, message: evil, remedy: evil }],
          inspector: evil,
          chain: {
            certificates: [{ name: evil, issuer: evil, notAfter: "2030-01-01T00:00:00.000Z", sha256: evil }],
            missing: { name: evil, place: `/home/alice/${evil}` },
          },
        },
      ],
    };
    const setting = { name: evil, value: "/home/alice/ca.pem", source: { kind: "variable", name: evil } } as const;
    const page = renderReportPage(report, { ...around, settings: [setting] });
    expect(page).not.toMatch(/<img|<script|\u202e/);
    expect(page).not.toContain("alice");
    expect(page).toContain("~/ca.pem");
  });
});

describe("what of a remedy can be pasted", () => {
  it.each([
    [
      "get its root from X, and run: sallyport trust add FILE (or add it to NODE_EXTRA_CA_CERTS)",
      "sallyport trust add FILE",
    ],
    ["run: openssl pkcs7 -in a.p7b and replace that block with its output", "openssl pkcs7 -in a.p7b"],
    ["run: sallyport trust remove AB:CD; whoever runs it has the root", "sallyport trust remove AB:CD"],
    ["set HTTPS_PROXY to http://proxy:3128", undefined],
  ])("of %j", (remedy, command) => expect(commandIn(remedy)).toBe(command));
});
