import { describe, expect, it } from "vitest";
import { memorySystem } from "../../test/support/memory-system.js";
import type { ConnectError } from "../base/errors.js";
import { gatherContext } from "../clients/index.js";
import type { DialContext } from "../dial/types.js";
import type { Identity } from "../identity/types.js";
import type { PolicyOptions } from "../policy/index.js";
import { planChild } from "./plan.js";
import type { ChildPlan, PlanOptions } from "./types.js";

const identity = (hosts: Identity["hosts"] = "all", subject = "CN=alice, O=Example"): Identity => ({
  name: "default",
  id: "1",
  hosts,
  subject,
  issuer: "CN=CA",
  notBefore: "2026-01-01T00:00:00.000Z",
  notAfter: "2036-01-01T00:00:00.000Z",
  files: [],
  material: () => ({}),
});

async function contextOf(options: PolicyOptions = {}, origins: readonly Identity[] = []): Promise<DialContext> {
  const environment = { variables: {}, platform: "linux", cwd: "/", home: "/home/u", configFiles: [] } as const;
  const context = await gatherContext({
    source: { environment },
    system: memorySystem(),
    stores: ["bundled"],
    ...options,
  });
  return { ...context, identities: { ...context.identities, origins } };
}

async function plan(options: PolicyOptions, origins?: readonly Identity[], how?: PlanOptions): Promise<ChildPlan> {
  return planChild(await contextOf(options, origins), how);
}

const kinds = ({ reasons }: ChildPlan): readonly string[] => reasons.map(({ kind }) => kind);
const proxy = "http://alice:secret@proxy.test:3128";

describe("whether a child needs a gateway", () => {
  it("does not for a plain proxy without a login, which every program can use", async () => {
    expect(await plan({ proxy: "http://proxy.test:3128" })).toMatchObject({
      gateway: false,
      reasons: [],
      preload: "dials",
      intercept: [],
    });
  });

  const reasons: readonly (readonly [string, PolicyOptions, string])[] = [
    ["a login, which some programs cannot present and others show to servers", { proxy }, "proxy-login"],
    ["a SOCKS proxy", { proxy: "socks5h://proxy.test" }, "socks"],
    ["a proxy over TLS", { proxy: "https://proxy.test" }, "tls-proxy"],
    ["a proxy login that programs cannot make", { proxy, proxyAuth: { schemes: ["ntlm"] } }, "proxy-login"],
    [
      "a command that gives the proxy's login",
      { proxy: "http://proxy.test:1", proxyAuth: { helper: "tell" } },
      "secret-command",
    ],
    ["proxies in a chain", { proxy: ["http://one.test:3128", "http://two.test:3128"] }, "proxy-chain"],
    ["a PAC file", { pac: "http://proxy.test/proxy.pac" }, "pac"],
    [
      "an IPv6 block in NO_PROXY, which ends programs on httpx",
      { proxy: "http://proxy.test:1", noProxy: "2001:db8::/32" },
      "no-proxy",
    ],
    ["a rule for single hosts", { routes: [{ hosts: "a.test", proxy: "direct" }] }, "host-rules"],
    [
      "a password that a command gives",
      { proxy: { url: "http://proxy.test", username: "alice", password: { command: "pass" } } },
      "secret-command",
    ],
    [
      "a password that a file holds",
      { proxy: { url: "http://proxy.test", username: "alice", password: { file: "/secret" } } },
      "secret-command",
    ],
    ["a passphrase that a command gives", { cert: "/c", key: "/k", passphrase: { command: "pass" } }, "secret-command"],
    [
      "a proxy that cannot be used, which variables could only leave out",
      { httpsProxy: "http://proxy.test", httpProxy: "gopher://proxy.test" },
      "unusable-proxy",
    ],
    ["a certificate for the proxy", { proxyCert: "/c", proxyKey: "/k", proxy }, "proxy-certificate"],
  ];
  it.each(reasons)("does for %s", async (_, options, kind) => {
    const made = await plan(options);
    expect(kinds(made)).toEqual([kind]);
    expect(made.gateway).toBe(true);
  });

  it("does for a certificate that is limited to hosts, which the gateway opens by itself", async () => {
    const hosts = [{ kind: "domain", text: "corp.example", domain: "corp.example", subdomainsOnly: false }] as const;
    expect(kinds(await plan({}, [identity(hosts)]))).toEqual(["client-certificate"]);
  });

  it("does not for a certificate for all hosts, as long as none is to be opened", async () => {
    expect(await plan({}, [identity()])).toMatchObject({ gateway: false, intercept: [] });
  });

  it("does not for a helper that Claude Code's settings switch on, which it would run for the gateway, but for a variable's", async () => {
    const settings = JSON.stringify({ proxyAuthHelper: "tell" });
    const file = { path: "/s.json", scope: "user", required: false } as const;
    const planOf = async (text: string, variables: Readonly<Record<string, string>>): Promise<ChildPlan> => {
      const environment = { variables, platform: "linux", cwd: "/", home: "/home/u", configFiles: [] } as const;
      const claudeSettings = () => [{ ...file, text }];
      const source = { environment: { ...environment, claudeSettings } };
      return planChild(
        await gatherContext({ source, system: memorySystem(), stores: ["bundled"], proxy: "http://proxy.test:1" }),
      );
    };
    const on = { CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER: "1" };
    expect(kinds(await planOf(settings, on))).toEqual(["secret-command"]);
    expect(kinds(await planOf(settings.replace("{", `{"env":${JSON.stringify(on)},`), {}))).toEqual([]);
  });

  it("does where only the gateway is asked for, and does not where only the rest is", async () => {
    expect(await plan({ proxy }, [], { parts: "gateway" })).toMatchObject({ gateway: true, preload: "none" });
    const socks = { proxy: "socks5h://proxy.test" };
    expect(await plan(socks, [], { parts: "env" })).toMatchObject({ gateway: false, reasons: [], preload: "none" });
    expect(await plan(socks, [], { parts: "preload" })).toMatchObject({ gateway: false, preload: "dials" });
  });
});

describe("what Node children do", () => {
  it("dial themselves, beside a gateway too", async () => {
    expect((await plan({ proxy: "socks5h://proxy.test" })).preload).toBe("dials");
  });

  it("go to the gateway where a command gives a secret, so that it is run once", async () => {
    const password = { command: "pass" };
    expect((await plan({ proxy: { url: "http://proxy.test", username: "a", password } })).preload).toBe("gateway");
    expect((await plan({ cert: "/c", key: "/k", passphrase: password })).preload).toBe("gateway");
  });
});

describe("the hosts that are intercepted", () => {
  const intercepted = async (urls: readonly string[], intercept: readonly string[] = []): Promise<readonly string[]> =>
    (await plan({}, [identity()], { urls, intercept })).intercept;

  it("are those of the URLs that the command asks for, with a port that is not 443", async () => {
    expect(await intercepted(["https://API.example.com/v1", "https://other.example:8443/"])).toEqual([
      "api.example.com",
      "other.example:8443",
    ]);
  });

  it("are each named once, those that were asked for first", async () => {
    expect(await intercepted(["https://b.example/"], [".a.example", "b.example"])).toEqual([".a.example", "b.example"]);
  });

  it("are none on loopback, where no child is sent to the gateway, and none without TLS", async () => {
    expect(await intercepted(["https://localhost:8443/", "https://[::1]/", "http://a.example/", "nonsense"])).toEqual(
      [],
    );
  });

  it("are none for which no certificate is meant", async () => {
    const hosts = [{ kind: "domain", text: "a.example", domain: "a.example", subdomainsOnly: false }] as const;
    const made = await plan({}, [identity(hosts)], { urls: ["https://a.example/", "https://b.example/"] });
    expect(made.intercept).toEqual(["a.example"]);
  });

  it("cannot be asked for without a certificate", async () => {
    const context = await contextOf({ proxy });
    const thrown = ((): unknown => {
      try {
        return planChild(context, { intercept: ["a.example"] });
      } catch (error) {
        return error;
      }
    })() as ConnectError;
    expect(thrown.code).toBe("CONFIG_INVALID");
    expect(thrown.remedy).toContain("SALLYPORT_CLIENT_CERT");
  });
});

describe("the line that says how a command gets out", () => {
  const summary = async (options: PolicyOptions, origins?: readonly Identity[], how?: PlanOptions): Promise<string> =>
    (await plan(options, origins, how)).summary;

  it("names proxy, login, certificate and host, and no password", async () => {
    const urls = ["https://api.example.com/"];
    expect(await summary({ proxy }, [identity()], { urls })).toBe(
      "through http://proxy.test:3128 (login alice), certificate CN=alice for api.example.com",
    );
  });

  it("says what goes direct", async () => {
    expect(await summary({})).toBe("directly");
    expect(await summary({ httpProxy: "http://proxy.test:3128" })).toBe("through http://proxy.test:3128");
    expect(await summary({ routes: [{ hosts: "a.test", proxy }] })).toBe("directly but for 1 route by host");
  });

  it("does not show a token that stands where a name should", async () => {
    expect(await summary({ proxy: `http://${"t".repeat(40)}:x@proxy.test:3128` })).toContain("(login ***)");
  });
});
