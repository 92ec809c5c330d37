import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolvePolicy } from "./index.js";
import { configFile, managedFile, snapshotOf } from "./testing/snapshot.js";

const secret = "S3cr3tPassw0rd";

function everythingShown(value: unknown): string {
  return [
    inspect(value, { depth: 12, getters: true }),
    JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? String(one) : one)),
  ].join("\n");
}

describe("a secret is in nothing that a policy shows", () => {
  const login = `http://${secret}:${secret}@proxy:1`;
  const settings = {
    proxy: { url: "proxy", username: "u", password: secret },
    httpsProxy: login,
    httpProxy: `http://u:12/${secret}@proxy`,
    noProxy: [`http://u:${secret}@proxy`],
    pac: `http://u:${secret}@wpad/proxy.pac?token=${secret}`,
    routes: [
      { hosts: "a", proxy: login },
      { hosts: "b", proxy: { url: "proxy", password: { command: ["echo", secret] } } },
    ],
    identities: [
      { hosts: "a", cert: "/c", passphrase: secret },
      { hosts: "b", cert: "/c", passphrase: { command: `echo ${secret}` } },
    ],
    proxyIdentity: { pfx: "/p", passphrase: secret },
  };
  const variables = Object.fromEntries(
    [
      "http_proxy",
      "HTTP_PROXY",
      "https_proxy",
      "HTTPS_PROXY",
      "all_proxy",
      "ALL_PROXY",
      "no_proxy",
      "NO_PROXY",
      "SALLYPORT_PAC_URL",
    ].map((name, index) => [name, `http://u${index}:${secret}@proxy:1`]),
  );
  const passphrases = {
    SALLYPORT_CLIENT_CERT: "/c",
    SALLYPORT_CLIENT_KEY_PASSPHRASE: secret,
    CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: secret,
    SALLYPORT_PROXY_CLIENT_KEY_PASSPHRASE: secret,
  };

  it.each([
    ["variables", resolvePolicy(snapshotOf({ ...variables, ...passphrases }))],
    ["a user's file", resolvePolicy(snapshotOf({}, { configFiles: [configFile(settings, { mode: 0o644 })] }))],
    [
      "a managed file",
      resolvePolicy(snapshotOf({}, { configFiles: [managedFile({ enforced: settings, defaults: settings })] })),
    ],
    [
      "options",
      resolvePolicy(snapshotOf(), {
        ...settings,
        passphrase: secret,
        cert: "/c",
        proxyPfx: "/p",
        proxyPassphrase: secret,
      }),
    ],
    [
      "all of them",
      resolvePolicy(
        snapshotOf(
          { ...variables, ...passphrases },
          { configFiles: [configFile(settings), managedFile({ defaults: settings })] },
        ),
        settings,
      ),
    ],
  ])("which comes from %s", (_name, policy) => {
    expect(everythingShown(policy)).not.toContain(secret);
    expect(policy.settings.length).toBeGreaterThan(3);
  });

  it("nor in a fault of a file with a mistake anywhere", () => {
    const text = JSON.stringify(settings, null, 1);
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.nat(3),
        fc.constantFrom("", '"', "{", "}", ",", ":", "\\", "x", "\n", "5"),
        (offset, removed, inserted) => {
          const broken = text.slice(0, offset) + inserted + text.slice(offset + removed);
          const {
            faults,
            warnings,
            settings: reports,
          } = resolvePolicy(snapshotOf({}, { configFiles: [configFile(broken)] }));
          // A mistake may break the secret itself in two: each half is too short to look for.
          expect(everythingShown({ faults, warnings, reports })).not.toContain(secret);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

it("resolving throws for no environment at all", () => {
  const names = fc.constantFrom(
    "https_proxy",
    "HTTP_PROXY",
    "NO_PROXY",
    "SALLYPORT_CONFIG",
    "SALLYPORT_CERT_STORE",
    "SALLYPORT_PROXY_AUTH",
    "SALLYPORT_PROXY_SPN",
    "SALLYPORT_PROXY_AUTH_HOSTS",
    "SALLYPORT_STRICT",
    "SALLYPORT_PAC_URL",
    "SSL_CERT_DIR",
    "SALLYPORT_CLIENT_PFX",
    "NODE_EXTRA_CA_CERTS",
    "REQUEST_METHOD",
    "__proto__",
  );
  const text = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(
      fc.dictionary(names, text),
      fc.oneof(text, fc.json()),
      fc.constantFrom("linux", "win32", "darwin"),
      (variables, content, platform) => {
        const configFiles = [configFile(content), managedFile(content)];
        expect(resolvePolicy(snapshotOf(variables, { platform, configFiles })).prefix).toBe("SALLYPORT");
      },
    ),
    { numRuns: 1000 },
  );
});
