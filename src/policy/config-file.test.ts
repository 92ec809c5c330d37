import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { configJsonSchemas, resolvePolicy } from "./index.js";
import { configFile, managedFile, managedPath, snapshotOf, userPath } from "./testing/snapshot.js";
import type { Policy } from "./types.js";

const resolve = (content: unknown, variables: Record<string, string> = {}): Policy =>
  resolvePolicy(snapshotOf(variables, { configFiles: [configFile(content)] }));

describe("a config file with a mistake names file, place and what was meant", () => {
  it.each([
    [{ prxy: "x" }, "/prxy is not a known setting", 'did you mean "proxy"?'],
    [
      { proxy: { url: "http://p", pasword: "hunter2" } },
      "/proxy/pasword is not a known setting",
      'did you mean "password"?',
    ],
    [
      { proxy: { url: "http://p", password: { comand: "hunter2" } } },
      "/proxy/password/comand is not a known setting",
      'did you mean "command"?',
    ],
    [
      { proxy: { url: "p", password: { command: "hunter2", file: "x" } } },
      "/proxy/password holds settings that cannot be used together",
      "keep one of command, file, variable",
    ],
    [{ routes: [{ host: "a", proxy: "direct" }] }, "/routes/0/host is not a known setting", 'did you mean "hosts"?'],
    [{ routes: [{ proxy: "direct" }] }, "/routes/0/hosts is missing", "a string or a list"],
    [{ identities: [{ hosts: "a", cret: "/c" }] }, "/identities/0/cret is not a known setting", 'did you mean "cert"?'],
    [{ wholly: 1 }, "/wholly is not a known setting", "known here: proxy, httpsProxy, httpProxy"],
    [{ "http://u:hunter2@proxy": 1 }, "a name in the file is not a known setting", "known here"],
    [{ proxy: 8080 }, "/proxy must be a string or an object", "a string or an object"],
    [{ proxy: "" }, "/proxy is empty", "remove the setting"],
    [{ strict: "yes" }, "/strict must be true or false", "true or false"],
    [{ timeouts: { tcp: "5s" } }, "/timeouts/tcp must be a number", "a number"],
    [{ timeouts: { tcp: 1.5 } }, "/timeouts/tcp must be a whole number", "a whole number"],
    [{ timeouts: { tcp: 0 } }, "/timeouts/tcp is out of range", "1 or more"],
    [{ timeouts: { tcp: 2 ** 31 } }, "/timeouts/tcp is out of range", "milliseconds"],
    [{ ca: { stores: ["sytem"] } }, "/ca/stores/0 has a value that is not known", '"bundled" or "system"'],
    [{ ca: "/ca.pem" }, "/ca must be an object", "an object"],
    [[], "the file must be an object", "an object"],
    [{ enforced: {} }, "/enforced is not a known setting", "known here"],
  ])("%j", (content, message, remedy) => {
    const { faults } = resolve(content);
    expect(faults[0]).toMatchObject({
      code: "CONFIG_INVALID",
      severity: "error",
      hop: "local",
      message: `${userPath}: ${message}`,
    });
    expect(faults[0]?.remedy).toContain(remedy);
    expect(inspect(faults, { depth: 9 })).not.toContain("hunter2");
  });

  it("gives line and column of what is not JSON, and none of the text", () => {
    const [fault, ...others] = resolve('{\n  "proxy": "http://u:hunter2@p"\n  "strict": true\n}').faults;
    expect(fault).toMatchObject({
      code: "CONFIG_INVALID",
      message: `${userPath}, line 3, column 3: a comma or a closing brace is missing`,
    });
    expect(others).toEqual([]);
    expect(inspect(fault)).not.toContain("hunter2");
  });

  it("says that a managed file has two parts", () => {
    const { faults } = resolvePolicy(snapshotOf({}, { configFiles: [managedFile({ proxy: "http://p" })] }));
    expect(faults[0]).toMatchObject({
      message: `${managedPath}: /proxy is not a known setting`,
      remedy: 'a managed file holds "enforced" and "defaults"; known here: enforced, defaults',
    });
  });

  it.each([
    ["UTF-16", "{\0}\0"],
    ["Latin-1", '{"proxy": "http://b\ufffdcher"}'],
  ])("says that %s text is not UTF-8", (_name, text) => {
    expect(resolve(text).faults[0]?.message).toBe(`${userPath} is not UTF-8 text`);
  });

  it("accepts a byte order mark and a $schema", () => {
    expect(resolve('\ufeff{"$schema": "x", "strict": true}')).toMatchObject({ strict: true, faults: [] });
  });

  it.each([
    ["ENOENT", "does not exist"],
    ["EACCES", "is not readable by this user"],
    ["EISDIR", "is a directory"],
    ["EIO", "cannot be read (EIO)"],
  ])("says of a file that SALLYPORT_CONFIG names and that gives %s: it %s", (error, reason) => {
    const file = { path: "/net.json", scope: "user", required: true, error } as const;
    const { faults } = resolvePolicy(snapshotOf({ SALLYPORT_CONFIG: "/net.json" }, { configFiles: [file] }));
    expect(faults).toMatchObject([
      { code: "CONFIG_INVALID", message: `the config file /net.json (SALLYPORT_CONFIG) ${reason}` },
    ]);
  });

  it("does not take a host pattern that cannot be read for another one", () => {
    const policy = resolve({
      routes: [{ hosts: ["*corp.example", "a"], proxy: "direct" }],
      identities: [{ hosts: "*corp.example", cert: "/c", key: "/k" }],
    });
    expect(policy.faults.map(({ message }) => message)).toEqual([
      `/routes/0/hosts in ${userPath}: "*corp.example" has a "*" where it has no meaning`,
      `/identities/0/hosts in ${userPath}: "*corp.example" has a "*" where it has no meaning`,
    ]);
    expect(policy.identities).toMatchObject([{ hosts: [] }]);
  });

  it.each([
    [["http://one.test", "direct"], "names no proxy at place 2 of its list"],
    [["http://one.test", "gopher://two.test"], "scheme gopher://"],
    [["pac+http://one.test/p.pac", "http://two.test"], "names no proxy at place 1 of its list"],
  ])("does not take a chain with a link that is none for a shorter one: %j", (proxy, problem) => {
    const { faults, proxy: chosen } = resolve({ proxy });
    expect(faults.map(({ message }) => message).join("\n")).toContain(problem);
    expect(chosen.https?.value.kind).toBe("invalid");
  });

  it("does not take both a PEM pair and a PKCS#12 file", () => {
    const policy = resolve({ identities: [{ cert: "/c", pfx: "/p" }] });
    expect(policy.faults[0]?.message).toBe(
      `/identities/0/cert in ${userPath} and /identities/0/pfx in ${userPath} are both set`,
    );
    expect(policy.identities).toEqual([]);
  });
});

describe("what a config file may say", () => {
  it("proxies that are passed one after the other, each with its own login", () => {
    const one = { url: "http://one.test:1", username: "u", password: { command: "pass one" } };
    const policy = resolve({ routes: [{ hosts: "a.test", proxy: [one, "https://bob:x@two.test"] }], proxy: [one.url] });
    expect(policy.faults).toEqual([]);
    expect(policy.settings.map(({ name, value }) => `${name}: ${value}`)).toContain(
      "route: a.test -> http://***@one.test:1, then https://***@two.test:443",
    );
    // A list of one is that one.
    expect(policy.proxy.https?.value).toMatchObject({ kind: "server", server: { host: "one.test" } });
  });

  it("proxies, with the login apart from the URL", () => {
    const policy = resolve({
      proxy: { url: "proxy:3128", username: "u", password: { command: ["pass", "proxy"] } },
      httpProxy: "direct",
    });
    expect(policy.proxy.https?.value).toEqual({
      kind: "server",
      server: {
        protocol: "http",
        host: "proxy",
        port: 3128,
        login: { username: "u", password: { kind: "command", command: ["pass", "proxy"] } },
      },
    });
    expect(policy.proxy.http).toEqual({
      value: { kind: "direct" },
      source: { kind: "file", path: userPath, pointer: "/httpProxy", scope: "user" },
    });
  });

  it.each([
    [{ url: "http://a:b@proxy", password: "c" }, "has a login in its URL and another one beside it"],
    [{ url: "direct", username: "c" }, "has a login but no proxy"],
    [{ url: "pac+http://wpad/p.pac", username: "c" }, "has a login but no proxy"],
  ])("but not %j", (proxy, problem) => {
    expect(resolve({ proxy }).proxy.https?.value).toMatchObject({
      kind: "invalid",
      fault: { code: "PROXY_URL_INVALID", message: `/proxy in ${userPath} ${problem}` },
    });
  });

  it("a secret in a variable, a file or a command", () => {
    const secret = (passphrase: unknown, variables = {}) =>
      resolve({ identities: [{ cert: "/c", key: "/k", passphrase }] }, variables).identities[0]?.passphrase?.value;
    expect(secret({ command: "pass key" })).toEqual({ kind: "command", command: "pass key" });
    expect(secret({ file: "~/secret" })).toEqual({ kind: "file", path: "/home/u/secret" });
    const inline = secret({ variable: "KEY_PASS" }, { KEY_PASS: "hunter2" });
    expect(inline?.kind === "inline" && inline.secret.reveal()).toBe("hunter2");
  });

  it("a variable that is not set is a fault, and makes a proxy unusable", () => {
    const policy = resolve({
      proxy: { url: "proxy", password: { variable: "PROXY_PASS" } },
      identities: [{ cert: "/c", passphrase: { variable: "KEY_PASS" } }],
    });
    expect(policy.faults.map(({ message }) => message)).toEqual([
      `/proxy in ${userPath} refers to the variable PROXY_PASS, which is not set`,
      `/identities/0/passphrase in ${userPath} refers to the variable KEY_PASS, which is not set`,
    ]);
    expect(policy.proxy.https?.value.kind).toBe("invalid");
  });

  it("paths in the home directory without a warning, and relative ones from the file's own directory with one", () => {
    const policy = resolve({
      ca: { files: ["~/ca.pem", "corp/ca.pem"], directories: ["/certs"], stores: ["bundled"] },
    });
    expect(policy.trust.files.map(({ value }) => value)).toEqual([
      "/home/u/ca.pem",
      "/home/u/.config/sallyport/corp/ca.pem",
    ]);
    expect(policy.trust.directories.map(({ value }) => value)).toEqual(["/certs"]);
    expect(policy.trust.stores.value).toEqual(["bundled"]);
    expect(policy.warnings).toMatchObject([
      {
        code: "PATH_RELATIVE",
        message: expect.stringContaining("read as /home/u/.config/sallyport/corp/ca.pem") as string,
      },
    ]);
  });

  it("also for the files that secrets are in", () => {
    const policy = resolve({
      proxy: { url: "proxy", password: { file: "proxy-password" } },
      identities: [{ cert: "/c", passphrase: { file: "key-password" } }],
    });
    expect(policy.warnings.map(({ message }) => message)).toEqual([
      `/proxy in ${userPath} is a relative path; it is read as /home/u/.config/sallyport/proxy-password`,
      `/identities/0/passphrase in ${userPath} is a relative path; it is read as /home/u/.config/sallyport/key-password`,
    ]);
  });

  it("with a warning where it holds a password that other users may read", () => {
    const warnings = (content: unknown, mode: number) =>
      resolvePolicy(snapshotOf({ V: "x" }, { configFiles: [configFile(content, { mode })] })).warnings.map(
        ({ code, remedy }) => [code, remedy],
      );
    const expected = [["KEY_PERMISSIONS", `run: chmod 600 ${userPath}`]];
    expect(warnings({ proxy: "http://u:p@proxy" }, 0o644)).toEqual(expected);
    expect(warnings({ identities: [{ cert: "/c", passphrase: "p" }] }, 0o640)).toEqual(expected);
    expect(warnings({ proxy: "http://u:p@proxy" }, 0o600)).toEqual([]);
    expect(warnings({ proxy: "http://proxy" }, 0o644)).toEqual([]);
    expect(warnings({ identities: [{ cert: "/c", passphrase: { variable: "V" } }] }, 0o644)).toEqual([]);
  });
});

it.each(Object.entries(configJsonSchemas(z)))(
  "schema/%s is what the schema in the code gives (node scripts/schema.mjs writes it)",
  (name, schema) => {
    expect(JSON.parse(readFileSync(new URL(`../../schema/${name}`, import.meta.url), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(schema)),
    );
  },
);
