import { describe, expect, it } from "vitest";
import { settingName } from "./setting-name.js";
import { resolvePolicy, type PolicyOptions } from "./index.js";
import { formatProxyChoice } from "./proxy-url.js";
import { configFile, managedFile, managedPath, snapshotOf, userPath } from "./testing/snapshot.js";
import type { Policy, SecretRef, Setting } from "./types.js";

const fromVariables = (variables: Record<string, string>, options?: PolicyOptions): Policy =>
  resolvePolicy(snapshotOf(variables), options);
const proxies = ({ proxy }: Policy) => ({
  https: proxy.https && formatProxyChoice(proxy.https.value),
  http: proxy.http && formatProxyChoice(proxy.http.value),
});
const reveal = (setting: Setting<SecretRef> | undefined) =>
  setting?.value.kind === "inline" ? setting.value.secret.reveal() : undefined;
const codes = ({ faults, warnings }: Policy) => [...faults, ...warnings].map(({ code }) => code);

describe("precedence: enforced, options, variables, user's file, managed defaults", () => {
  const sources = ["enforced", "option", "variable", "user", "managed"] as const;
  type From = (typeof sources)[number];

  /** A policy for which each of these sources sets every setting, to a value with the source's name in it. */
  function policyOf(present: readonly From[]): Policy {
    const settings = (from: From) => ({
      proxy: `http://${from}:1`,
      noProxy: `${from}.test`,
      strict: from === "variable",
      timeouts: { tcp: sources.indexOf(from) + 1 },
      ca: { files: [`/${from}.pem`], stores: [from === "variable" ? "system" : "bundled"] as const },
      proxyIdentity: { cert: `/${from}-proxy.pem`, key: "/k" },
      identities: [{ cert: `/${from}.crt`, key: "/k" }],
      routes: [{ hosts: `${from}.rule`, proxy: "direct" }],
    });
    const { ca, identities, proxyIdentity, ...plain } = settings("option");
    const options: PolicyOptions = {
      ...plain,
      ca: ca.files,
      stores: ca.stores,
      identities,
      proxyCert: proxyIdentity.cert,
      proxyKey: "/k",
    };
    const variables = {
      all_proxy: "http://variable:1",
      no_proxy: "variable.test",
      SALLYPORT_STRICT: "1",
      SALLYPORT_CERT_STORE: "system",
      SALLYPORT_CA_CERTS: "/variable.pem",
      SALLYPORT_PROXY_CLIENT_CERT: "/variable-proxy.pem",
      SALLYPORT_CLIENT_CERT: "/variable.crt",
    };
    const has = (from: From): boolean => present.includes(from);
    const managed = {
      ...(has("enforced") && { enforced: settings("enforced") }),
      ...(has("managed") && { defaults: settings("managed") }),
    };
    const configFiles = [managedFile(managed), ...(has("user") ? [configFile(settings("user"))] : [])];
    return resolvePolicy(snapshotOf(has("variable") ? variables : {}, { configFiles }), has("option") ? options : {});
  }

  it.each(sources.map((from, index) => [from, sources.slice(index)] as const))(
    "%s wins over what follows it",
    (from, present) => {
      const policy = policyOf(present);
      expect(proxies(policy)).toEqual({ https: `http://${from}:1`, http: `http://${from}:1` });
      expect(policy.noProxy.value.entries.map(({ text }) => text)).toEqual([`${from}.test`]);
      expect(policy.strict).toBe(from === "variable");
      // Variables set no timeouts.
      expect(policy.timeouts.tcp).toBe(sources.indexOf(from === "variable" ? "user" : from) + 1);
      expect(policy.trust.stores.value).toEqual([from === "variable" ? "system" : "bundled"]);
      expect(policy.proxyIdentity?.cert?.value).toBe(`/${from}-proxy.pem`);
      expect(policy.identities.map(({ cert }) => cert?.value)).toEqual([`/${from}.crt`]);
      expect(policy.faults).toEqual([]);
    },
  );

  it("CA files and routes of all sources count, in that order", () => {
    const policy = policyOf(sources);
    expect(policy.trust.files.map(({ value }) => value)).toEqual(sources.map((from) => `/${from}.pem`));
    expect(policy.routes.map(({ hosts }) => hosts[0]?.text)).toEqual([
      "enforced.rule",
      "option.rule",
      "user.rule",
      "managed.rule",
    ]);
  });

  it("every setting says where it came from, and what won over it", () => {
    const { settings } = policyOf(sources);
    const proxySettings = settings
      .filter(({ name }) => name === "proxy")
      .map(({ value, source, overriddenBy }) => [
        value,
        settingName(source),
        overriddenBy && settingName(overriddenBy),
      ]);
    const winner = `/enforced/proxy in ${managedPath}`;
    expect(proxySettings).toEqual([
      ["http://enforced:1", winner, undefined],
      ["http://option:1", "the option proxy", winner],
      ["http://variable:1", "all_proxy", winner],
      ["http://user:1", `/proxy in ${userPath}`, winner],
      ["http://managed:1", `/defaults/proxy in ${managedPath}`, winner],
    ]);
    expect(settings.find(({ value }) => value === "/option.crt")).toMatchObject({
      source: { kind: "option", name: "identities[0].cert" },
      overriddenBy: { scope: "enforced" },
    });
    expect(settings.find(({ value }) => value === "/user.pem")).not.toHaveProperty("overriddenBy");
  });
});

describe("proxy variables", () => {
  const [a, b, c] = ["http://a:1", "http://b:1", "http://c:1"];
  it.each([
    [{ https_proxy: a, all_proxy: b, http_proxy: c }, a, c],
    [{ all_proxy: b, http_proxy: c }, b, c],
    [{ http_proxy: c }, c, c],
    [{ https_proxy: a }, a, undefined],
    [{ all_proxy: b }, b, b],
    [{ ALL_PROXY: b, HTTPS_PROXY: a, HTTP_PROXY: c }, a, c],
    [{ https_proxy: a, HTTPS_PROXY: b }, a, undefined],
    [{ https_proxy: "", HTTPS_PROXY: b }, b, undefined],
    [{ https_proxy: "  ", all_proxy: b }, b, b],
    [{ HTTP_PROXY: c, REQUEST_METHOD: "GET" }, undefined, undefined],
    [{ http_proxy: c, HTTP_PROXY: a, REQUEST_METHOD: "GET" }, c, c],
    [{ HTTPS_PROXY: a, REQUEST_METHOD: "GET" }, a, undefined],
    [{ SALLYPORT_PAC_URL: "http://wpad/p.pac", https_proxy: a }, "pac+http://wpad/p.pac", "pac+http://wpad/p.pac"],
    [{}, undefined, undefined],
  ])("%j: https through %s, http through %s", (variables, https, http) => {
    const policy = fromVariables(variables);
    expect(proxies(policy)).toEqual({ https, http });
  });

  it("in both cases and different are a warning that shows no login", () => {
    const policy = fromVariables({
      https_proxy: "http://u:hunter2@a:1",
      HTTPS_PROXY: "http://u:hunter3@b:1",
      no_proxy: "a",
      NO_PROXY: "b",
    });
    expect(policy.warnings.map(({ code, message }) => [code, message])).toEqual([
      [
        "PROXY_VARIABLES_CONFLICT",
        "https_proxy (http://***@a:1) and HTTPS_PROXY (http://***@b:1) differ; https_proxy counts here, while other programs may use HTTPS_PROXY",
      ],
      [
        "PROXY_VARIABLES_CONFLICT",
        "no_proxy and NO_PROXY differ; no_proxy counts here, while other programs may use NO_PROXY",
      ],
    ]);
    expect(policy.settings.filter(({ overriddenBy }) => overriddenBy).map(({ source }) => settingName(source))).toEqual(
      ["HTTPS_PROXY", "NO_PROXY"],
    );
  });

  it("that differ in their login alone are said to", () => {
    expect(
      fromVariables({ https_proxy: "http://u:x@a:1", HTTPS_PROXY: "http://u:y@a:1" }).warnings[0]?.message,
    ).toContain("(http://***@a:1) differ in login or spelling");
  });

  it("in both cases and equal are none", () => {
    expect(codes(fromVariables({ https_proxy: a, HTTPS_PROXY: a }))).toEqual([]);
  });

  it("of http that serve https are reported as such", () => {
    const { settings } = fromVariables({ http_proxy: c });
    expect(settings).toEqual([
      { name: "httpProxy", value: c, source: { kind: "variable", name: "http_proxy" } },
      { name: "httpsProxy", value: c, source: { kind: "variable", name: "http_proxy" } },
    ]);
  });

  it("that a request header could have set are reported as ignored", () => {
    const { settings } = fromVariables({ HTTP_PROXY: "http://u:hunter2@evil:1", REQUEST_METHOD: "GET" });
    expect(settings).toEqual([
      {
        name: "httpProxy",
        value: "http://***@evil:1",
        source: { kind: "variable", name: "HTTP_PROXY" },
        overriddenBy: { kind: "variable", name: "REQUEST_METHOD" },
      },
    ]);
  });

  it("compare without case on Windows", () => {
    const policy = resolvePolicy(
      snapshotOf(
        { Https_Proxy: a, No_Proxy: "x", sallyport_strict: "1" },
        { platform: "win32", cwd: "C:\\", home: "C:\\" },
      ),
    );
    expect(policy).toMatchObject({
      proxy: { https: { source: { name: "Https_Proxy" } } },
      noProxy: { value: { entries: [{ text: "x" }] } },
      strict: true,
      faults: [],
    });
    const cgi = snapshotOf({ http_proxy: a, REQUEST_METHOD: "GET" }, { platform: "win32" });
    expect(resolvePolicy(cgi).proxy).toEqual({});
  });
});

describe("variables for trust", () => {
  it("add up, in the order of the documentation, each path once", () => {
    const files = { SALLYPORT_CA_CERTS: "/c.pem:/d.pem:", SSL_CERT_FILE: "/b.pem", NODE_EXTRA_CA_CERTS: "/b.pem" };
    const policy = fromVariables({ ...files, SSL_CERT_DIR: "/x:/y" });
    expect(policy.trust.files.map(({ value, source }) => [value, settingName(source)])).toEqual([
      ["/b.pem", "NODE_EXTRA_CA_CERTS"],
      ["/c.pem", "SALLYPORT_CA_CERTS"],
      ["/d.pem", "SALLYPORT_CA_CERTS"],
    ]);
    expect(policy.trust.directories.map(({ value }) => value)).toEqual(["/x", "/y"]);
    expect(policy.trust.stores).toEqual({ value: ["bundled", "system"], source: { kind: "default" } });
  });

  it("separate paths by semicolons on Windows", () => {
    const snapshot = snapshotOf({ SALLYPORT_CA_CERTS: "C:\\a.pem;D:\\b.pem" }, { platform: "win32", cwd: "C:\\" });
    expect(resolvePolicy(snapshot).trust.files.map(({ value }) => value)).toEqual(["C:\\a.pem", "D:\\b.pem"]);
  });

  it("choose the stores; an unknown one is a fault and widens nothing", () => {
    expect(fromVariables({ CLAUDE_CODE_CERT_STORE: "System" }).trust.stores.value).toEqual(["system"]);
    expect(
      fromVariables({ SALLYPORT_CERT_STORE: "bundled", CLAUDE_CODE_CERT_STORE: "system" }).trust.stores.value,
    ).toEqual(["bundled"]);
    const policy = fromVariables({ SALLYPORT_CERT_STORE: "bundled,sytem" });
    expect(policy.trust.stores.value).toEqual(["bundled"]);
    expect(policy.faults).toMatchObject([
      {
        code: "CONFIG_INVALID",
        message: "SALLYPORT_CERT_STORE names a certificate store that does not exist",
        remedy: expect.stringContaining("did you mean system?") as string,
      },
    ]);
  });

  it("choose how to log in at proxies, in the order given; an unknown way is a fault", () => {
    expect(fromVariables({}).proxyAuth).toEqual({
      schemes: { value: ["negotiate", "ntlm", "digest", "basic"], source: { kind: "default" } },
    });
    const chosen = fromVariables({
      SALLYPORT_PROXY_AUTH: "Basic, NTLM",
      SALLYPORT_PROXY_SPN: "HTTP/proxy.corp.example@CORP",
    });
    expect([chosen.proxyAuth.schemes.value, chosen.proxyAuth.spn?.value, chosen.faults]).toEqual([
      ["basic", "ntlm"],
      "HTTP/proxy.corp.example@CORP",
      [],
    ]);
    const wrong = fromVariables({ SALLYPORT_PROXY_AUTH: "kerberos,digets", SALLYPORT_PROXY_SPN: "proxy" });
    expect(wrong.faults.map(({ message, remedy }) => `${message}: ${remedy}`)).toEqual([
      expect.stringContaining("SALLYPORT_PROXY_AUTH names a login scheme that does not exist: known values: negotiate"),
      expect.stringContaining("did you mean digest?"),
      expect.stringContaining("SALLYPORT_PROXY_SPN is not a valid service principal: write it as HTTP/"),
    ]);
  });

  it("that turn verification off are a warning and change nothing", () => {
    expect(fromVariables({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }).warnings).toMatchObject([
      {
        code: "TLS_VERIFICATION_DISABLED",
        remedy: expect.stringContaining("unset NODE_TLS_REJECT_UNAUTHORIZED") as string,
      },
    ]);
    expect(codes(fromVariables({ NODE_TLS_REJECT_UNAUTHORIZED: "1" }))).toEqual([]);
  });
});

describe("paths", () => {
  it("that are relative work, with a warning that prints the absolute one", () => {
    const policy = fromVariables({ NODE_EXTRA_CA_CERTS: "certs/../ca.pem\n", SSL_CERT_FILE: "~/ca.pem" });
    expect(policy.trust.files.map(({ value }) => value)).toEqual(["/work/repo/ca.pem", "/home/u/ca.pem"]);
    expect(policy.warnings.map(({ code, message, remedy }) => [code, message, remedy])).toEqual([
      [
        "PATH_RELATIVE",
        "NODE_EXTRA_CA_CERTS is a relative path, which changes with the directory; it is read as /work/repo/ca.pem",
        "set NODE_EXTRA_CA_CERTS to /work/repo/ca.pem",
      ],
      [
        "PATH_RELATIVE",
        'SSL_CERT_FILE begins with "~/", which the shell did not expand; it is read as /home/u/ca.pem',
        "set SSL_CERT_FILE to /home/u/ca.pem",
      ],
    ]);
  });

  it("that name the config file are no exception", () => {
    const file = configFile({}, { path: "/work/repo/net.json", required: true });
    const policy = resolvePolicy(snapshotOf({ SALLYPORT_CONFIG: "net.json" }, { configFiles: [file] }));
    expect(policy.warnings).toMatchObject([
      { code: "PATH_RELATIVE", message: expect.stringContaining("SALLYPORT_CONFIG is a relative path") as string },
    ]);
    expect(policy.settings).toContainEqual({
      name: "config",
      value: "/work/repo/net.json",
      source: { kind: "variable", name: "SALLYPORT_CONFIG" },
    });
  });
});

describe("identities", () => {
  const pair = { SALLYPORT_CLIENT_CERT: "/c", SALLYPORT_CLIENT_KEY: "/k" };

  it("come from variables, sallyport's names before those of Claude Code, one by one", () => {
    const claude = {
      CLAUDE_CODE_CLIENT_CERT: "/cc-c",
      CLAUDE_CODE_CLIENT_KEY: "/cc-k",
      CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: "cc",
    };
    const { identities } = fromVariables({ ...claude, SALLYPORT_CLIENT_KEY_PASSPHRASE: " own " });
    expect(identities).toMatchObject([
      { name: "default", hosts: "all", cert: { value: "/cc-c" }, key: { value: "/cc-k" } },
    ]);
    expect(reveal(identities[0]?.passphrase)).toBe(" own ");
    expect(fromVariables({ ...claude, ...pair }).identities).toMatchObject([
      { cert: { value: "/c" }, key: { value: "/k" } },
    ]);
  });

  it("as PKCS#12 go before a PEM pair of Claude Code's, and exclude one of the same prefix", () => {
    const pfx = { SALLYPORT_CLIENT_PFX: "/p.pfx", SALLYPORT_CLIENT_KEY_PASSPHRASE: "x" };
    const [identity] = fromVariables({ ...pfx, CLAUDE_CODE_CLIENT_CERT: "/c" }).identities;
    expect(identity).toMatchObject({ pfx: { value: "/p.pfx" } });
    expect(identity).not.toHaveProperty("cert");
    const both = fromVariables({ ...pfx, ...pair });
    expect(both.faults).toMatchObject([
      { code: "CONFIG_INVALID", message: "SALLYPORT_CLIENT_CERT and SALLYPORT_CLIENT_PFX are both set" },
    ]);
    expect(both.identities).toEqual([]);
  });

  it("for the proxy have variables of their own", () => {
    const policy = fromVariables({
      SALLYPORT_PROXY_CLIENT_CERT: "/c",
      SALLYPORT_PROXY_CLIENT_KEY: "/k",
      SALLYPORT_PROXY_CLIENT_KEY_PASSPHRASE: "x",
    });
    expect(policy.proxyIdentity).toMatchObject({ name: "proxy", cert: { value: "/c" }, key: { value: "/k" } });
    expect(reveal(policy.proxyIdentity?.passphrase)).toBe("x");
    expect(policy.identities).toEqual([]);
    expect(fromVariables({ SALLYPORT_PROXY_CLIENT_PFX: "/p" }).proxyIdentity?.pfx?.value).toBe("/p");
  });

  it("limited to hosts go before the default one, whichever source has it", () => {
    const file = configFile({
      identities: [
        { name: "corp", hosts: ["*.corp.example", "10.0.0.0/8"], pfx: "/corp.pfx" },
        { cert: "/all", key: "/all" },
      ],
    });
    const { identities } = resolvePolicy(snapshotOf(pair, { configFiles: [file] }), {
      identities: [{ hosts: "option.test", pfx: "/o.pfx" }],
    });
    expect(identities.map(({ name }) => name)).toEqual(["option.test", "corp", "default"]);
    expect(identities[2]).toMatchObject({ hosts: "all", cert: { value: "/c", source: { kind: "variable" } } });
  });

  it("for * are for all origins", () => {
    expect(fromVariables({}, { identities: [{ hosts: ["a", "*"], pfx: "/p" }] }).identities).toMatchObject([
      { hosts: "all" },
    ]);
    expect(fromVariables({}, { identities: [{ hosts: "*:443", pfx: "/p" }] }).identities).toMatchObject([
      { hosts: [{ kind: "all", port: 443 }] },
    ]);
  });

  it("are made of one source: an option's certificate never goes with a variable's key", () => {
    const [identity, ...others] = fromVariables(
      { ...pair, SALLYPORT_CLIENT_KEY_PASSPHRASE: "x" },
      { cert: "/o" },
    ).identities;
    expect(others).toEqual([]);
    expect(identity).toEqual({
      name: "default",
      hosts: "all",
      cert: { value: "/o", source: { kind: "option", name: "cert" } },
    });
  });

  it("take a passphrase from a source that goes before theirs", () => {
    const [identity] = fromVariables({ ...pair, SALLYPORT_CLIENT_KEY_PASSPHRASE: "x" }, { passphrase: "y" }).identities;
    expect(identity).toMatchObject({
      cert: { value: "/c" },
      passphrase: { source: { kind: "option", name: "passphrase" } },
    });
    expect(reveal(identity?.passphrase)).toBe("y");
  });
});

describe("a prefix of another author", () => {
  it("takes the place of sallyport's, and does not read Claude Code's variables", () => {
    const read = { MYTOOL_CLIENT_CERT: "/m", MYTOOL_STRICT: "yes", https_proxy: "http://a:1" };
    const others = { SALLYPORT_CLIENT_CERT: "/s", CLAUDE_CODE_CLIENT_KEY: "/cc", CLAUDE_CODE_CERT_STORE: "bundled" };
    const variables = { ...read, ...others };
    for (const policy of [
      fromVariables(variables, { prefix: "MYTOOL" }),
      resolvePolicy(snapshotOf(variables, { prefix: "MYTOOL" })),
    ]) {
      expect(policy).toMatchObject({ prefix: "MYTOOL", strict: true, identities: [{ cert: { value: "/m" } }] });
      expect(policy.identities[0]).not.toHaveProperty("key");
      expect(policy.trust.stores.value).toEqual(["bundled", "system"]);
      expect(proxies(policy).https).toBe("http://a:1");
    }
  });
});

describe("options", () => {
  it("name themselves as sources", () => {
    const policy = fromVariables(
      {},
      {
        ca: "/a.pem",
        caDirectories: ["/d"],
        proxyPfx: "/p",
        timeouts: { dns: 1 },
        routes: [{ hosts: "a", proxy: "b" }],
      },
    );
    const names = policy.settings.map(({ source }) => settingName(source));
    expect(names).toEqual([
      "the option routes[0]",
      "the option ca",
      "the option caDirectories",
      "the option proxyPfx",
      "the option timeouts.dns",
    ]);
    expect(policy.timeouts).toEqual({
      dns: 1,
      tcp: 10_000,
      proxyTls: 10_000,
      tunnel: 30_000,
      tls: 10_000,
      firstByte: 300_000,
    });
  });

  it("that are empty count as unset", () => {
    const policy = fromVariables(
      { https_proxy: "http://a:1" },
      { proxy: "", noProxy: " ", pac: "", ca: "", cert: "", passphrase: "" },
    );
    expect(proxies(policy).https).toBe("http://a:1");
    expect(policy).toMatchObject({ identities: [], faults: [], trust: { files: [] } });
  });

  it.each([
    ["proxy", 8080],
    ["proxy", new URL("http://u:hunter2@proxy")],
    ["noProxy", { a: 1 }],
    ["ca", Buffer.from("pem")],
    ["timeouts", { tcp: 0 }],
    ["timeouts", { tcp: Infinity }],
    ["timeouts", { tcp: 2 ** 31 }],
    ["stores", ["sytem"]],
    ["routes", [{ hosts: "a" }]],
    ["identities", ["a"]],
    ["passphrase", 1],
    ["strict", "yes"],
  ])("of a wrong type are faults, not exceptions: %s", (name, value) => {
    const policy = fromVariables({}, { [name]: value });
    expect(policy.faults).toMatchObject([
      { code: "CONFIG_INVALID", message: `the option ${name} has a value of the wrong type` },
    ]);
    expect(policy.routes).toMatchObject([{ hosts: [{ kind: "all" }], proxy: { kind: "invalid" } }]);
  });
});

describe("strict", () => {
  it("makes faults of the warnings", () => {
    const policy = fromVariables({ SALLYPORT_STRICT: "1", NO_PROXY: "*bad" });
    expect(policy.faults).toMatchObject([{ code: "NO_PROXY_ENTRY_INVALID", severity: "error" }]);
    expect(policy.warnings).toEqual([]);
  });
  it.each(["0", "false", "No", "off"])("is off by %s", (word) => {
    expect(fromVariables({ SALLYPORT_STRICT: word })).toMatchObject({ strict: false, faults: [] });
  });
  it("is not a valid switch by another word", () => {
    expect(fromVariables({ SALLYPORT_STRICT: "maybe" }).faults).toMatchObject([
      { code: "CONFIG_INVALID", message: "SALLYPORT_STRICT is not a valid switch" },
    ]);
  });

  it("of Claude Code is read for what Claude Code documents, and for nothing else", () => {
    const invented = { CLAUDE_CODE_CLIENT_PFX: "/p", CLAUDE_CODE_PROXY_CLIENT_CERT: "/c", CLAUDE_CODE_STRICT: "1" };
    expect(fromVariables(invented)).toMatchObject({ identities: [], strict: false });
    expect(fromVariables(invented).proxyIdentity).toBeUndefined();
    expect(fromVariables({ CLAUDE_CODE_CLIENT_CERT: "/c" })).toMatchObject({ identities: [{ cert: { value: "/c" } }] });
  });
});
