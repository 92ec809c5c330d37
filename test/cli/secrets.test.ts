import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { startGateway, type Gateway } from "../../src/gateway/index.js";
import { createNetwork } from "../../src/index.js";
import { run } from "./support/run.js";
import { standardLab } from "../support/standard-lab.js";

/** Each is planted in one place, so that a leak tells where it came from. */
const secrets = {
  loginPassword: "plant-login/pass:word",
  configPassword: "plant-config-password",
  passphrase: "plant-passphrase",
  filePassphrase: "plant-file-passphrase",
  proxyPassphrase: "plant-proxy-passphrase",
  queryToken: "plant-query-token",
  headerToken: "plant-header-token",
  urlPassword: "plant-url-password",
  bodyToken: "plant-body-token",
} as const;

const lab = await standardLab();
const config = join(lab.directory, "config.json");
const passphraseFile = join(lab.directory, "passphrase");
await writeFile(
  config,
  JSON.stringify({
    routes: [{ hosts: ["routed.lab.test"], proxy: `http://bob:${secrets.configPassword}@localhost:${lab.basic.port}` }],
  }),
  { mode: 0o600 },
);
await writeFile(passphraseFile, secrets.filePassphrase, { mode: 0o600 });

/** All spellings in which a secret could be printed. */
function spellings(): string[] {
  const good = [lab.login.password, lab.files.passphrase];
  return [...Object.values(secrets), ...good].flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64"),
    Buffer.from(`alice:${secret}`).toString("base64"),
    Buffer.from(`bob:${secret}`).toString("base64"),
    Buffer.from(`${lab.login.username}:${secret}`).toString("base64"),
  ]);
}

/** What of the secrets is in a text, with the place: a part of one is a leak as well. */
function leaks(text: string, where: string): string[] {
  const found = spellings().filter((secret) => text.includes(secret));
  const part = /.{0,60}plant-.{0,40}/.exec(text)?.[0];
  return [...found, ...(part === undefined ? [] : [part])].map((leak) => `${where}: ${leak}`);
}

/** Ways in which settings go wrong, each with secrets in every place that can hold one. */
function environment(): readonly (readonly [string, Record<string, string>])[] {
  const login = `alice:${encodeURIComponent(secrets.loginPassword)}`;
  const certificate = {
    CLAUDE_CODE_CLIENT_CERT: lab.files.client.cert,
    CLAUDE_CODE_CLIENT_KEY: lab.files.client.encryptedKey,
    CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: secrets.passphrase,
  };
  const trust = { NODE_EXTRA_CA_CERTS: lab.files.bundle };
  const rest = {
    SALLYPORT_CONFIG: config,
    SALLYPORT_PROXY_CLIENT_CERT: lab.files.client.cert,
    SALLYPORT_PROXY_CLIENT_KEY: lab.files.client.encryptedKey,
    SALLYPORT_PROXY_CLIENT_KEY_PASSPHRASE: secrets.proxyPassphrase,
  };
  return [
    [
      "a login that the proxy refuses",
      { ...trust, HTTPS_PROXY: `http://${login}@localhost:${lab.basic.port}`, SALLYPORT_CONFIG: config },
    ],
    [
      "a login over TLS that the proxy refuses",
      { ...trust, HTTPS_PROXY: `https://${login}@localhost:${lab.overTls.port}` },
    ],
    [
      "a login that the SOCKS proxy refuses",
      { ...trust, HTTPS_PROXY: `socks5h://${login}@localhost:${lab.socks.port}` },
    ],
    [
      "a proxy that is down",
      {
        ...trust,
        HTTPS_PROXY: `http://${login}@localhost:1`,
        http_proxy: `http://${login}@localhost:2`,
        ALL_PROXY: `socks5://${login}@localhost:3`,
      },
    ],
    ["wrong passphrases", { ...trust, ...certificate, ...rest, HTTPS_PROXY: `http://${login}@localhost:1` }],
    [
      "a raw login",
      {
        HTTPS_PROXY: `http://alice:${secrets.loginPassword}@localhost:1`,
        https_proxy: `alice:${secrets.loginPassword}@localhost:1`,
      },
    ],
    ["a port out of range", { HTTPS_PROXY: `http://${login}@localhost:99999` }],
    ["an unknown scheme", { HTTPS_PROXY: `ftp://${login}@localhost:1` }],
    ["a forgotten @", { HTTPS_PROXY: `http://${login}` }],
    [
      "a PAC file with a token",
      {
        HTTPS_PROXY: `pac+http://${login}@localhost:1/proxy.pac?token=${secrets.queryToken}`,
        SALLYPORT_PAC_URL: `http://${login}@localhost:1/proxy.pac?${secrets.queryToken}`,
      },
    ],
    [
      "a login in NO_PROXY, by mistake",
      { NO_PROXY: `http://${login}@localhost:1`, HTTPS_PROXY: `http://${login}@localhost:1` },
    ],
  ];
}

/** Nothing goes wrong: what there is to see is shown at its longest. */
function working(): Record<string, string> {
  return {
    NODE_EXTRA_CA_CERTS: lab.files.bundle,
    HTTPS_PROXY: lab.basic.urlWithLogin,
    http_proxy: lab.basic.urlWithLogin,
    CLAUDE_CODE_CLIENT_CERT: lab.files.client.cert,
    CLAUDE_CODE_CLIENT_KEY: lab.files.client.encryptedKey,
    CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: lab.files.passphrase,
    SALLYPORT_CONFIG: config,
  };
}

function commands(): readonly (readonly string[])[] {
  const url = `https://api.lab.test/path?token=${secrets.queryToken}`;
  const routed = `https://user:${secrets.urlPassword}@routed.lab.test/?token=${secrets.queryToken}`;
  return [
    ["fetch", "-v", "-H", `authorization: Bearer ${secrets.headerToken}`, "-d", secrets.bodyToken, url],
    ["fetch", "--json", url],
    ["fetch", "-v", routed],
    ["fetch", "-H", secrets.headerToken, url],
    ["fetch", "--passphrase", secrets.passphrase, url],
    ["fetch", `--passphrase=${secrets.passphrase}`, url],
    [
      "fetch",
      "--key",
      lab.files.client.encryptedKey,
      "--cert",
      lab.files.client.cert,
      "--passphrase-file",
      passphraseFile,
      url,
    ],
    [
      "fetch",
      "--passphrase-command",
      `echo ${secrets.passphrase}; echo ${secrets.passphrase} >&2; exit 3`,
      "--key",
      lab.files.client.encryptedKey,
      "--cert",
      lab.files.client.cert,
      url,
    ],
    ["fetch", "--proxy", `http://alice:${secrets.loginPassword}@localhost:99999`, url],
    ["fetch", "--resolve", secrets.urlPassword, url],
    [`https://user:${secrets.urlPassword}@api.lab.test/`],
    ["fetch", `https//user:${secrets.urlPassword}@api.lab.test/`],
    ["explain", url],
    ["explain", "--json", routed],
    ["doctor", url, routed],
    ["doctor", "--json", url, routed],
    ["explain", "--strict", url],
    ["run", "--check", url, "--", "true"],
    ["run", "--json", "--check", routed, "--", "true"],
    ["run", "--print", "--only", "gateway", "--", "true"],
    ["run", "--print", "--json", "--", "true"],
  ];
}

/** Renderings of another kind than text for a person who waits: pages, certificates, exports, lists, and what only ends when it is told. */
function otherCommands(page: string): readonly (readonly string[])[] {
  const url = `https://api.lab.test/path?token=${secrets.queryToken}`;
  const routed = `https://user:${secrets.urlPassword}@routed.lab.test/?token=${secrets.queryToken}`;
  const { client } = lab.files;
  const wrong = ["--passphrase-file", passphraseFile];
  return [
    ["doctor", "--html", page, url, routed],
    ["doctor", "--html", page],
    ["doctor", "--watch", "--interval", "1", routed],
    ["doctor", "--probe", "stream", url],
    ["cert", "inspect", client.encryptedKey, ...wrong],
    ["cert", "inspect", "--json", client.cert, "--key", client.encryptedKey, ...wrong],
    ["cert", "inspect", routed],
    ["cert", "inspect", "--json", url],
    ["cert", "check", "--max-used", "66%", client.cert, routed],
    ["cert", "convert", client.encryptedKey, ...wrong, "-o", join(lab.directory, "never.pem")],
    [
      "cert",
      "convert",
      join(import.meta.dirname, "../fixtures/pki/store.p12"),
      ...wrong,
      "-o",
      join(lab.directory, "never.pem"),
    ],
    ["trust", "list"],
    ["trust", "list", "--json"],
    ["trust", "add", routed],
    ["trust", "add", url, "--fingerprint", secrets.queryToken],
    ["trust", "remove", secrets.urlPassword],
    ["trust", "export", "--for", "node"],
    ["env", "--shell", "bash"],
    ["env", "--for", "docker"],
    ["env", "--for", "git"],
    ["explain-error", `curl: (5) Could not resolve proxy: alice:${secrets.loginPassword}@proxy`],
    ["mcp", "list"],
    ["mcp", "list", "--json"],
    ["mcp", "check"],
    ["mcp", "install", "wiki", routed, "--client", "claude-code"],
    // One that answers would say what it was sent.
    ["mcp", "--header", `Authorization: Bearer ${secrets.headerToken}`, url.replace("api", "nothing")],
    ["login", `http://alice:${secrets.loginPassword}@localhost:1`],
    ["logout", `http://alice:${secrets.loginPassword}@localhost:1`],
    ["gateway", "--listen", secrets.urlPassword],
    ["gateway", "--origin", `site=${routed}`],
  ];
}

describe("secrets", () => {
  it("are on no page, in no certificate's view, list or export, and in nothing that is watched", async () => {
    const page = join(lab.directory, "page.html");
    for (const [what, variables] of [...environment(), ["nothing", working()] as const]) {
      for (const argv of otherCommands(page)) {
        const ended = new AbortController();
        const { stdout, stderr } = await run(argv, {
          variables: { ...variables, SALLYPORT_DEBUG: "1", HOME: await mkdtemp(join(lab.directory, "home-")) },
          lookup: lab.lookup,
          signal: ended.signal,
          stdin: `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" })}\n`,
          // What has spoken once would go on for ever.
          ...(argv.includes("--watch") && { onOutput: () => ended.abort() }),
        });
        expect(stdout + stderr).not.toBe("");
        const written = argv.includes("--html") ? await readFile(page, "utf8") : "";
        await rm(page, { force: true });
        expect(leaks(stdout + stderr + written, `${what}: sallyport ${argv.slice(0, 3).join(" ")}`)).toEqual([]);
      }
    }
  }, 240_000);

  it("are on no page of the gateway's, while requests pass and fail", async () => {
    const answers: string[] = [];
    const said: string[] = [];
    for (const [what, variables] of [...environment(), ["nothing", working()] as const]) {
      const started = await startGateway({
        source: { variables: { HOME: "/nonexistent", ...variables } },
        stores: ["bundled"],
        lookup: lab.lookup,
        origins: { site: "https://api.lab.test", routed: "https://routed.lab.test" },
      }).catch((error: unknown) => error);
      if (started instanceof Error) {
        said.push(...leaks(inspect(started, { depth: 12, showHidden: true }), what));
        continue;
      }
      await using gateway = started as Gateway;
      for (const { url } of gateway.origins) await fetch(`${url}/?token=${secrets.queryToken}`).catch(() => undefined);
      const { origin } = new URL(gateway.url);
      const authorization = `Bearer ${gateway.token ?? ""}`;
      for (const path of ["/", "/status.json", "/metrics"]) {
        const answer = await fetch(origin + path, { headers: { authorization } });
        const text = await answer.text();
        answers.push(`${answer.status}`);
        said.push(...leaks(text, `${what}: ${path}`));
      }
    }
    expect(said).toEqual([]);
    expect(new Set(answers)).toEqual(new Set(["200"]));
    expect(answers.length).toBeGreaterThan(9);
  });

  it("are in nothing that any command prints, whatever is wrong", async () => {
    for (const [what, variables] of environment()) {
      for (const argv of commands()) {
        const { stdout, stderr } = await run(argv, {
          variables: { ...variables, SALLYPORT_DEBUG: "1" },
          lookup: lab.lookup,
        });
        expect(stdout + stderr).not.toBe("");
        expect(leaks(stdout + stderr, `${what}: sallyport ${argv.slice(0, 2).join(" ")}`)).toEqual([]);
      }
    }
  }, 120_000);

  it("are in nothing that the library throws, causes and hidden fields included", async () => {
    for (const [what, variables] of environment()) {
      const thrown = await failure(variables);
      expect(thrown).toBeInstanceOf(Error);
      expect(leaks(inspect(thrown, { depth: 12, showHidden: true }) + JSON.stringify(thrown), what)).toEqual([]);
    }
  });

  it("cannot be printed by accident from what the library hands out", async () => {
    const { passphrase, client, bundle } = lab.files;
    await using network = await createNetwork({
      source: {
        variables: {
          HTTPS_PROXY: lab.basic.urlWithLogin,
          NODE_EXTRA_CA_CERTS: bundle,
          CLAUDE_CODE_CLIENT_CERT: client.cert,
          CLAUDE_CODE_CLIENT_KEY: client.encryptedKey,
          CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: passphrase,
        },
      },
      lookup: lab.lookup,
    });
    const shown = [network, network.policy, network.identities, await network.route("https://api.lab.test/")]
      .map((value) => inspect(value, { depth: 12 }))
      .join("\n");
    const planted = [lab.login.password, encodeURIComponent(lab.login.password), passphrase, "PRIVATE KEY"];
    expect(planted.filter((secret) => shown.includes(secret))).toEqual([]);
  });
});

async function failure(variables: Readonly<Record<string, string>>): Promise<unknown> {
  try {
    await using network = await createNetwork({
      source: { variables: { HOME: "/nonexistent", ...variables } },
      lookup: lab.lookup,
      stores: ["bundled"],
    });
    await network.fetch(`https://api.lab.test/?token=${secrets.queryToken}`, {
      headers: { authorization: secrets.headerToken },
    });
    return undefined;
  } catch (error) {
    return error;
  }
}
