import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { createNetwork, type NetworkOptions } from "../../src/index.js";
import { run } from "./support/run.js";
import { standardLab } from "../support/standard-lab.js";

const fixture = (name: string): string => join(import.meta.dirname, "../fixtures/pki", name);
const certificate = fixture("alice.pem");
const encryptedKey = fixture("alice-pkcs8-encrypted.key");

const lab = await standardLab();
const folder = await mkdtemp(join(tmpdir(), "sallyport-misplaced-"));
afterAll(() => rm(folder, { recursive: true }));

/** What people put into a setting that is not meant for it, in the shapes in which secrets come. */
function secrets(): Readonly<Record<string, string>> {
  const key = readFileSync(lab.files.client.key, "utf8");
  return {
    "a PEM key": key,
    "a PEM key with \\n": key.replaceAll("\n", "\\n"),
    "a PEM key with blanks": key.replaceAll("\n", " ").trim(),
    "a quoted PEM key": `"${key.trim()}"`,
    "the first line of a PEM key": key.slice(0, 70),
    "a PEM key without its markers": key.replaceAll(/-----.*-----/g, "").replaceAll("\n", ""),
    "a base64 key": Buffer.from(key).toString("base64"),
    "a base64 key in lines": Buffer.from(key).toString("base64").replaceAll(/.{76}/g, "$&\n"),
    "a token": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "a JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "a hexadecimal secret": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "a URL with a login": "https://alice:Tulip-Vase-Meadow-41@vault.corp.example/path",
    "a login": "alice:Tulip-Vase-Meadow-41@vault",
    "a password": "Tulip-Vase-Meadow-41",
    "a bearer token": "Bearer Tulip-Vase-Meadow-41",
    "several lines": "Tulip-Vase-Meadow-41\nTulip-Vase-Meadow-42",
    "an overlong value": "Tulip-Vase-".repeat(500),
  };
}

/** Where a path, a host, a name, a number or a word of a few belongs. */
const variables = [
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "SALLYPORT_CA_CERTS",
  "SALLYPORT_CLIENT_CERT",
  "SALLYPORT_CLIENT_KEY",
  "SALLYPORT_CLIENT_PFX",
  "SALLYPORT_CLIENT_KEY_PASSPHRASE",
  "CLAUDE_CODE_CLIENT_CERT",
  "CLAUDE_CODE_CLIENT_KEY",
  "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
  "SALLYPORT_PROXY_CLIENT_CERT",
  "SALLYPORT_PROXY_CLIENT_KEY",
  "SALLYPORT_PROXY_CLIENT_PFX",
  "SALLYPORT_CONFIG",
  "SALLYPORT_CERT_STORE",
  "SALLYPORT_STRICT",
  "SALLYPORT_PAC_URL",
  "SALLYPORT_RUN",
  "SALLYPORT_GATEWAY",
  "HTTPS_PROXY",
  "http_proxy",
  "ALL_PROXY",
  "NO_PROXY",
  "ANTHROPIC_BASE_URL",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "WGETRC",
] as const;

/** What cannot be told from the names of hosts. */
const likeHosts = new Set(["a password", "several lines"]);
const namesHosts = new Set<string>(["SALLYPORT_PAC_URL", "HTTPS_PROXY", "http_proxy", "ALL_PROXY", "NO_PROXY"]);

const url = "https://api.lab.test/";
const explaining: readonly (readonly string[])[] = [
  ["explain", url],
  ["explain", "--json", url],
];
/** Those that connect, start something or write files are not asked about every shape. */
const acting: readonly (readonly string[])[] = [
  ["doctor", url],
  ["doctor", "--json", url],
  ["fetch", "-v", url],
  ["env"],
  ["env", "--json", "--shell", "powershell"],
  ["run", "--print", "--", "true"],
  ["run", "--no-check", "--", "true"],
];
const common = new Set([
  "a PEM key",
  "a PEM key with \\n",
  "a base64 key",
  "a token",
  "a URL with a login",
  "a password",
]);

/**
 * The parts of a secret that are in a text: a few characters of a key are a leak as well. White space does not count, since text is
 * wrapped, nor does case, since hosts are written small.
 */
function leaks(text: string, secret: string): string[] {
  const bare = (one: string): string => one.replaceAll(/\s/g, "").toLowerCase();
  const said = bare(text);
  const whole = bare(
    secret.replaceAll(/-----(?:BEGIN|END)[A-Z ]*-----/g, "").replaceAll(/^https:\/\/|@.*$|bearer/gi, ""),
  );
  const length = Math.min(12, whole.length);
  const parts = Array.from({ length: whole.length - length + 1 }, (_, at) => whole.slice(at, at + length));
  return parts.filter((part) => said.includes(part)).slice(0, 2);
}

describe("a secret in the wrong place is shown by nothing", () => {
  it.each(variables)("that is said about %s", async (name) => {
    for (const [what, secret] of Object.entries(secrets())) {
      if (namesHosts.has(name) && likeHosts.has(what)) continue;
      const found = [];
      for (const argv of common.has(what) ? [...explaining, ...acting] : explaining) {
        const { stdout, stderr } = await run(argv, {
          variables: { SALLYPORT_DEBUG: "1", XDG_DATA_HOME: folder, [name]: secret },
          lookup: lab.lookup,
        });
        found.push(...leaks(stdout + stderr, secret).map((part) => `${argv.join(" ")}: ${part}`));
      }
      expect({ what, found }).toEqual({ what, found: [] });
    }
  });

  const flags: readonly ((secret: string) => readonly string[])[] = [
    ...["--cacert", "--cert", "--key", "--pfx", "--passphrase-file", "--passphrase-command", "--config"].map(
      (flag) => (secret: string) => ["fetch", flag, secret, url],
    ),
    (secret) => ["fetch", "--cert", certificate, "--key", secret, url],
    (secret) => ["fetch", "--proxy", secret, url],
    (secret) => ["fetch", "--no-proxy", secret, url],
    (secret) => ["explain", "--no-proxy", secret, url],
    (secret) => ["fetch", "-X", secret, url],
    (secret) => ["fetch", "-H", secret, url],
    (secret) => ["fetch", "-m", secret, url],
    (secret) => ["fetch", "--resolve", secret, url],
    (secret) => ["fetch", "-d", `@${secret}`, url],
    (secret) => ["fetch", secret],
    (secret) => ["explain", secret],
    (secret) => ["doctor", secret],
    (secret) => ["fetch", url, secret],
    (secret) => ["fetch", `--${secret}`, url],
    (secret) => [secret],
    (secret) => ["run", "--check", secret, "--", "true"],
    (secret) => ["run", "--intercept", secret, "--", "true"],
    (secret) => ["run", "--only", secret, "--", "true"],
    (secret) => ["gateway", "--listen", secret],
    (secret) => ["gateway", "--token-file", secret],
    (secret) => ["gateway", "--origin", secret],
    (secret) => ["gateway", "--origin", `name=${secret}`],
    (secret) => ["gateway", "--drain", secret],
    (secret) => ["env", "--shell", secret],
    (secret) => ["env", "--for", secret],
    (secret) => ["env", "--value", secret],
    (secret) => ["env", "--gateway", secret],
  ];
  const titled = (text: string): string => text.replaceAll(/[^" ]*\/pki\//g, "");
  it.each(flags.map((argv) => [titled(argv("…").join(" ")), argv] as const))(
    "that `sallyport %s` says",
    async (_name, argv) => {
      for (const [what, secret] of Object.entries(secrets())) {
        if (likeHosts.has(what) && /--no-proxy|--proxy/.test(_name)) continue;
        const { stdout, stderr } = await run(argv(secret), {
          variables: { SALLYPORT_DEBUG: "1", XDG_DATA_HOME: folder },
          lookup: lab.lookup,
          // A gateway that starts nevertheless is ended.
          signal: AbortSignal.timeout(5000),
        });
        expect(stdout + stderr).not.toBe("");
        expect({ what, found: leaks(stdout + stderr, secret) }).toEqual({ what, found: [] });
      }
    },
  );

  const fields: readonly ((secret: string) => NetworkOptions)[] = [
    (secret) => ({ ca: secret }),
    (secret) => ({ caDirectories: secret }),
    (secret) => ({ cert: secret }),
    (secret) => ({ cert: certificate, key: secret }),
    (secret) => ({ pfx: secret }),
    (secret) => ({ proxyCert: secret, proxyKey: secret }),
    (secret) => ({ proxyPfx: secret }),
    (secret) => ({ cert: certificate, key: encryptedKey, passphrase: { file: secret } }),
    (secret) => ({ cert: certificate, key: encryptedKey, passphrase: { variable: secret } }),
    (secret) => ({ identities: [{ name: secret, cert: "/nonexistent.pem", key: "/nonexistent.pem" }] }),
    (secret) => ({ identities: [{ hosts: [secret], cert: "/nonexistent.pem" }] }),
    (secret) => ({ routes: [{ hosts: secret, proxy: "direct" }] }),
    (secret) => ({ routes: [{ hosts: "*", proxy: secret }] }),
    (secret) => ({ proxy: { url: "http://localhost:1", username: "alice", password: { file: secret } } }),
    (secret) => ({ proxy: { url: secret, username: secret } }),
    (secret) => ({ noProxy: [secret] }),
    (secret) => ({ pac: secret }),
    (secret) => ({ stores: [secret] as never }),
    (secret) => ({ timeouts: { dns: secret as never } }),
    (secret) => ({ strict: secret as never }),
  ];
  const unnamed = /"(?:name|hosts|noProxy|pac|url|proxy)"/;
  it.each(fields.map((options) => [titled(JSON.stringify(options("…"))), options] as const))(
    "that the library throws or hands out for the option %s",
    async (name, options) => {
      for (const [what, secret] of Object.entries(secrets())) {
        // Of which a list of hosts sees two words.
        if ((likeHosts.has(what) || what === "a bearer token") && unnamed.test(name)) continue;
        const shown = await outcome(options(secret));
        expect({ what, found: leaks(shown, secret) }).toEqual({ what, found: [] });
      }
    },
  );

  const settings: readonly ((secret: string) => object)[] = [
    (secret) => ({ ca: { files: [secret], directories: [secret] } }),
    (secret) => ({ ca: { stores: [secret] } }),
    (secret) => ({ identities: [{ name: "work", cert: secret, key: secret }] }),
    (secret) => ({ identities: [{ name: secret, hosts: ["a.test"], cert: "/nonexistent.pem" }] }),
    (secret) => ({ identities: [{ pfx: secret, passphrase: { file: secret } }] }),
    (secret) => ({ proxyIdentity: { cert: secret, key: secret } }),
    (secret) => ({ routes: [{ hosts: [secret], proxy: secret }] }),
    (secret) => ({ proxy: { url: "http://localhost:1", username: "a", password: { file: secret } } }),
    (secret) => ({ noProxy: secret, pac: secret }),
    (secret) => ({ timeouts: { dns: secret } }),
    (secret) => ({ strict: secret }),
    (secret) => ({ [secret]: true }),
    (secret) => ({ identities: [{ [secret]: true }] }),
  ];
  it.each(settings.map((content) => [JSON.stringify(content("…")), content] as const))(
    "that is said about a config file with %s",
    async (name, content) => {
      const config = join(folder, "config.json");
      for (const [what, secret] of Object.entries(secrets())) {
        if (likeHosts.has(what) && (unnamed.test(name) || name.includes('"…":'))) continue;
        await writeFile(config, JSON.stringify(content(secret)), { mode: 0o600 });
        for (const argv of [["explain", url], ["explain", "--json", url], ["doctor", url], ["env"]]) {
          const { stdout, stderr } = await run(argv, {
            variables: { SALLYPORT_DEBUG: "1", SALLYPORT_CONFIG: config, XDG_DATA_HOME: folder },
            lookup: lab.lookup,
          });
          expect({ what, argv, found: leaks(stdout + stderr, secret) }).toEqual({ what, argv, found: [] });
        }
      }
    },
  );
});

/** All that can be printed of a network, or of the error that it was refused with. */
async function outcome(options: NetworkOptions): Promise<string> {
  const all = (value: unknown): string => {
    const shown = inspect(value, { depth: 12, showHidden: true });
    return `${shown}${value instanceof Error ? `${value.message}${JSON.stringify(value)}` : ""}`;
  };
  try {
    await using network = await createNetwork({
      stores: ["bundled"],
      ...options,
      source: { variables: { HOME: "/nonexistent" } },
      lookup: lab.lookup,
    });
    const { policy, identities, warnings, trust } = network;
    const known = all([policy, identities, warnings, trust.sources, trust.warnings]) + JSON.stringify(policy.settings);
    return known + all(await network.fetch(url).catch((error: unknown) => error));
  } catch (error) {
    return all(error);
  }
}
