import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { labVariables } from "../lab/index.js";
import { diagnose } from "./diagnose.js";
import { explain } from "./explain.js";
import { renderExplanation } from "./explanation.js";
import { renderReport } from "./ladder.js";
import { plain } from "./layout.js";
import { open } from "./testing/open.js";
import type { Report, TargetReport } from "./types.js";
import { standardLab } from "../../test/support/standard-lab.js";

const lab = await standardLab();

async function look(
  variables: Record<string, string>,
  url: string,
): Promise<{ report: Report; target: TargetReport; codes: string[] }> {
  const report = await diagnose(await open(lab, variables), [url]);
  const [target] = report.targets;
  if (target === undefined) throw new Error("no target");
  return { report, target, codes: report.faults.map((fault) => fault.code) };
}

const stagesOf = (target: TargetReport): string[] =>
  target.stages.map((stage) => `${stage.ok ? "+" : "-"}${stage.stage}/${stage.hop}`);

describe("diagnose", () => {
  it("walks all stages of a TLS proxy with login to a host that takes the client certificate", async () => {
    const { report, target } = await look(labVariables(lab, lab.strict), `https://${lab.mtls.name}/`);
    expect(report).toMatchObject({ ok: true, faults: [] });
    expect(stagesOf(target)).toEqual([
      "+config/local",
      "+route/local",
      "+dns/proxy",
      "+tcp/proxy",
      "+proxy-tls/proxy",
      "+tunnel/proxy",
      "+tls/target",
      "+client-cert/target",
      "+http/target",
    ]);
    expect(target.route).toMatchObject({
      kind: "proxy",
      hops: [{ protocol: "https", host: "localhost", port: lab.strict.port }],
    });
    expect(target.stages.find((stage) => stage.stage === "client-cert")?.detail).toBe(
      "CN=alice, O=Lab was shown and accepted",
    );
  });

  it("says that a name is unknown without a proxy, and stops there", async () => {
    const { target, codes } = await look({}, "https://api.lab.test/");
    expect(codes).toEqual(["DNS_NOT_FOUND"]);
    expect(stagesOf(target)).toEqual(["+config/local", "+route/local", "-dns/target"]);
  });

  it("names the proxy's login where the password is wrong", async () => {
    const { target, codes } = await look(
      { https_proxy: `http://alice:wrong@localhost:${lab.basic.port}`, NODE_EXTRA_CA_CERTS: lab.files.rootCa },
      "https://api.lab.test/",
    );
    expect(codes).toEqual(["PROXY_AUTH_REJECTED"]);
    expect(target.stages.at(-1)).toMatchObject({ stage: "proxy-auth", hop: "proxy", ok: false });
  });

  it("names the inspector whose authority is missing", async () => {
    const { codes, report } = await look(
      { https_proxy: lab.inspector.url, NODE_EXTRA_CA_CERTS: lab.files.rootCa },
      "https://api.lab.test/",
    );
    expect(codes).toEqual(["TLS_INSPECTED"]);
    expect(report.faults[0]?.message).toContain("Lab Inspector CA");
  });

  it("hears the alert that a TLS 1.3 server sends after the handshake", async () => {
    const { target, codes } = await look(
      labVariables(lab, lab.basic, { clientCertificate: false }),
      `https://${lab.mtls.name}/`,
    );
    expect(codes).toEqual(["CLIENT_CERT_REQUIRED"]);
    expect(stagesOf(target).at(-1)).toBe("-client-cert/target");
  });

  it("tells a certificate of the wrong authority from a missing one", async () => {
    const { wrongClient, bundle } = lab.files;
    const { codes } = await look(
      {
        https_proxy: lab.basic.urlWithLogin,
        NODE_EXTRA_CA_CERTS: bundle,
        SALLYPORT_CLIENT_CERT: wrongClient.cert,
        SALLYPORT_CLIENT_KEY: wrongClient.key,
      },
      `https://${lab.mtls.name}/`,
    );
    expect(codes).toEqual(["CLIENT_CERT_REJECTED"]);
  });

  it("reads nginx's 400 as a missing client certificate", async () => {
    await using nginx = await lab.origin({ name: "nginx.lab.test", clientCertificate: "asked", fault: "nginx-400" });
    const { codes } = await look(labVariables(lab, lab.basic, { clientCertificate: false }), nginx.url);
    expect(codes).toEqual(["CLIENT_CERT_REQUIRED"]);
  });

  it("says that an inspector strips the client certificate, where the server says that none came", async () => {
    await using nginx = await lab.origin({ name: "nginx.lab.test", clientCertificate: "asked", fault: "nginx-400" });
    const { codes, report } = await look(labVariables(lab, lab.inspector), nginx.url);
    expect(codes).toEqual(["CLIENT_CERT_INSPECTED"]);
    expect(report.faults[0]).toMatchObject({ hop: "proxy", stage: "client-cert" });
    expect(report.faults[0]?.remedy).toContain("exempt nginx.lab.test");
  });

  it("says so too where the inspector answers 502 because the server turned it away", async () => {
    await using hidden = await lab.origin({ name: "hidden.lab.test", clientCertificate: "required" });
    const { codes } = await look(labVariables(lab, lab.inspector), hidden.url);
    expect(codes).toEqual(["CLIENT_CERT_INSPECTED"]);
  });

  it("lists every fault of the configuration, and walks on", async () => {
    const { report, target } = await look(
      {
        https_proxy: lab.basic.urlWithLogin,
        NODE_EXTRA_CA_CERTS: "/nonexistent/ca.pem",
        SSL_CERT_FILE: lab.files.rootCa,
        SALLYPORT_CLIENT_CERT: "/nonexistent/alice.pem",
        SALLYPORT_CLIENT_KEY: lab.files.client.key,
        NO_PROXY: "192.168.*",
      },
      `https://${lab.api.name}/`,
    );
    expect(report.faults.map((fault) => fault.code).toSorted()).toEqual(["CA_FILE_UNREADABLE", "CERT_FILE_UNREADABLE"]);
    expect(report.warnings.map((fault) => fault.code)).toEqual(["NO_PROXY_ENTRY_INVALID"]);
    expect(target.stages[0]).toMatchObject({ stage: "config", ok: false });
    expect(target.stages.at(-1)).toMatchObject({ stage: "http", ok: true });
  });

  describe("where a host has an identity of its own that cannot be used", () => {
    const scoped = async (hosts: string): Promise<Record<string, string>> => {
      const config = join(lab.directory, `scoped-${hosts}.json`);
      const { client, wrongClient } = lab.files;
      await writeFile(
        config,
        JSON.stringify({ identities: [{ name: "work", hosts: [hosts], cert: client.cert, key: wrongClient.key }] }),
      );
      return { ...labVariables(lab, lab.basic), SALLYPORT_CONFIG: config };
    };

    it("shows that host no other one, and tells the fault", async () => {
      lab.log.clear();
      const { report, target, codes } = await look(await scoped(lab.mtls.name), `https://${lab.mtls.name}/`);
      expect(codes).toEqual(["CERT_KEY_MISMATCH", "CLIENT_CERT_REQUIRED"]);
      expect(report.faults[1]?.message).toBe(
        "mtls.lab.test:443 requires a client certificate, and the one configured for it (work) cannot be used",
      );
      expect(target.stages.at(-1)).toMatchObject({ stage: "client-cert", ok: false });
      expect(lab.log.of(lab.mtls.name, "request")).toEqual([]);
    });

    it("says on the ladder that none is shown where the server goes on without", async () => {
      await using asking = await lab.origin({ name: "asking.lab.test", clientCertificate: "asked" });
      lab.log.clear();
      const { target, codes } = await look(await scoped(asking.name), asking.url);
      expect(codes).toEqual(["CERT_KEY_MISMATCH"]);
      expect(target.stages.find((stage) => stage.stage === "client-cert")?.detail).toBe(
        "none is shown: the one configured for this host (work) cannot be used",
      );
      expect(lab.log.of(asking.name, "request").map((event) => event.peer)).toEqual([undefined]);
    });

    it("shows other hosts the one for all, as ever", async () => {
      const { codes, report, target } = await look(await scoped("elsewhere.lab.test"), `https://${lab.mtls.name}/`);
      expect(codes).toEqual([]);
      expect(report.warnings).toMatchObject([
        {
          code: "CERT_KEY_MISMATCH",
          message: expect.stringContaining("https requests to elsewhere.lab.test fail") as string,
        },
      ]);
      expect(target.stages.at(-1)).toMatchObject({ stage: "http", ok: true });
    });

    it("explains the same", async () => {
      const network = await open(lab, await scoped(lab.mtls.name));
      expect((await explain(network, `https://${lab.mtls.name}/`, {})).identity).toBeNull();
      expect((await explain(network, `https://${lab.api.name}/`, {})).identity?.subject).toBe("CN=alice, O=Lab");
    });
  });

  it("takes a setting that this URL does not use for a warning, and for the fault where it does", async () => {
    const variables = {
      ...labVariables(lab, lab.basic),
      HTTP_PROXY: "http://proxy.test:99999",
      ALL_PROXY: "socks://x/",
    };
    const sound = await look(variables, `https://${lab.api.name}/`);
    expect(sound.report.ok).toBe(true);
    expect(sound.report.warnings.map(({ message }) => message)).toEqual([
      "HTTP_PROXY has port 99999, which is outside 1-65535; requests to http URLs fail with this error",
      "ALL_PROXY has the scheme socks://, which is not supported; it is not used, since HTTPS_PROXY takes precedence",
    ]);
    const broken = await look(variables, lab.plain.url);
    expect(broken.codes).toEqual(["PROXY_URL_INVALID"]);
    expect(broken.report.warnings.map(({ code }) => code)).toEqual(["PROXY_SCHEME_UNSUPPORTED"]);
    expect(stagesOf(broken.target)).toEqual(["-config/local"]);
    const network = await open(lab, variables);
    const explanation = await explain(network, `https://${lab.api.name}/`, {});
    const shown = renderExplanation(explanation, { settings: network.policy.settings, faults: [] }, plain);
    expect(shown).toContain("warning: ALL_PROXY has the scheme socks://");
    expect(shown).not.toContain("error:");
  });

  it("goes to a plain http target by the proxy's absolute form, and hears its 407", async () => {
    const url = lab.plain.url;
    expect((await look({ http_proxy: lab.basic.urlWithLogin }, url)).report.ok).toBe(true);
    expect((await look({ http_proxy: lab.basic.url }, url)).codes).toEqual(["PROXY_AUTH_REQUIRED"]);
    expect((await look({ http_proxy: `http://alice:wrong@localhost:${lab.basic.port}` }, url)).codes).toEqual([
      "PROXY_AUTH_REJECTED",
    ]);
  });

  it("names servers that close, or speak something else, instead of answering", async () => {
    await using odd = await lab.origin({ name: "odd.lab.test", fault: "close-before-answer" });
    const variables = labVariables(lab, lab.basic, { clientCertificate: false });
    expect((await look(variables, odd.url)).codes).toEqual(["HTTP_CLOSED"]);
    odd.fault = "not-http";
    expect((await look(variables, odd.url)).codes).toEqual(["HTTP_INVALID"]);
  });

  it("does not wait for ever for an answer", async () => {
    await using odd = await lab.origin({ name: "odd.lab.test", fault: "never-answers" });
    const network = await open(lab, labVariables(lab, lab.basic, { clientCertificate: false }), {
      timeouts: { firstByte: 200 },
    });
    const report = await diagnose(network, [odd.url]);
    expect(report.faults.map((fault) => fault.code)).toEqual(["HTTP_TIMEOUT"]);
  });

  it("refuses what is not a URL before it connects anywhere", async () => {
    await expect(diagnose(await open(lab, {}), ["api.lab.test"])).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      stage: "config",
    });
  });
});

describe("whose a fault is", () => {
  const basic = labVariables(lab, lab.basic, { clientCertificate: false });
  it.each([
    ["a wrong password", "PROXY_AUTH_REJECTED", "you", undefined],
    ["a host that the proxy cannot reach", "PROXY_BAD_GATEWAY", "proxy", "owner: the proxy's people"],
    ["a server that closes without an answer", "HTTP_CLOSED", "server", "owner: the server's people"],
  ] as const)("stands in the report and in its text: %s", async (_what, code, owner, line) => {
    await using odd = await lab.origin({ name: "odd.lab.test", fault: "close-before-answer" });
    const wrong = { ...basic, HTTPS_PROXY: `http://alice:wrong@localhost:${lab.basic.port}` };
    const [variables, url] = {
      PROXY_AUTH_REJECTED: [wrong, odd.url] as const,
      PROXY_BAD_GATEWAY: [basic, "https://nowhere.lab.test/"] as const,
      HTTP_CLOSED: [basic, odd.url] as const,
    }[code];
    const { report } = await look(variables, url);
    expect(report.faults).toMatchObject([{ code, owner }]);
    expect(/^owner: .*$/m.exec(renderReport(report, plain))?.[0]).toBe(line);
  });
});

describe("renderReport", () => {
  it("fits 80 columns, and says each fault once with its remedy", async () => {
    const { report } = await look(
      labVariables(lab, lab.basic, { clientCertificate: false }),
      `https://${lab.mtls.name}/`,
    );
    const text = renderReport(report, plain);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text.match(/^error: /gm)).toHaveLength(1);
    expect(text.match(/^hint: /gm)).toHaveLength(1);
    expect(text).toContain("✗ client-cert  target");
  });

  it("shows neither login nor query of a URL", async () => {
    const { report } = await look(
      { https_proxy: lab.basic.urlWithLogin, NODE_EXTRA_CA_CERTS: lab.files.rootCa },
      `https://${lab.api.name}/v1?token=tulip-seven`,
    );
    const all = renderReport(report, plain) + JSON.stringify(report);
    expect(all).not.toContain("tulip-seven");
    expect(all).not.toContain(lab.login.password);
    expect(all).not.toContain(encodeURIComponent(lab.login.password));
  });
});
