import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { labVariables, type LabOrigin, type LabProxy, type StandardLab } from "../../../src/lab/index.js";
import type { FaultCode } from "../../../src/base/codes.js";
import { closedPort } from "../../support/closed-port.js";

type Variables = Readonly<Record<string, string>>;

/** What can be wrong between Claude Code and its API: what it says by itself, and what it comes to under `sallyport run`. */
export interface ClaudeRow {
  readonly wrong: string;
  /** Recorded with the version that is tested, without sallyport; the first figure is seconds until it said so. */
  readonly alone: string;
  readonly after: string;
  /** The fault that is named before the launch, or "works". */
  readonly ours: FaultCode | "works";
  readonly hop?: "proxy" | "target" | "local";
  /** The file, variable or host that the message must name. */
  readonly names?: (lab: StandardLab, variables: Variables) => string;
  readonly variables: (lab: StandardLab) => Promise<Variables> | Variables;
}

const unreachable = "Can't reach the API server — check your internet or DNS (FailedToOpenSocket)";
const protocolError = "Unable to connect to API (EPROTO)";
const dropped = "Connection dropped (ECONNRESET). Check the gateway set in ANTHROPIC_BASE_URL";
const refused = "Connection refused — a firewall or proxy may be blocking it (ECONNREFUSED)";
const tunnel = "Couldn't connect through your proxy (ERR_PROXY_TUNNEL)";
const untrusted = "SSL certificate verification failed (UNABLE_TO_VERIFY_LEAF_SIGNATURE), with advice";

/** The settings of an employee for whom everything is right: login, TLS to the proxy, inspection, certificate, encrypted key. */
export function office(lab: StandardLab, origin: LabOrigin = lab.mtls, proxy: LabProxy = lab.strict): Variables {
  return { ...labVariables(lab, proxy), ANTHROPIC_BASE_URL: origin.url };
}

const without = (variables: Variables, ...names: readonly string[]): Variables =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));

const certificateVariables = ["CERT", "KEY", "KEY_PASSPHRASE"].map((name) => `CLAUDE_CODE_CLIENT_${name}`);

const through = (url: string): Variables => ({ HTTPS_PROXY: url, HTTP_PROXY: url });

const variable = (name: string) => () => name;
const target = (lab: StandardLab): string => lab.mtls.name;

/** The certificate or its key is not where its variable says. */
function gone(part: "CERT" | "KEY"): Pick<ClaudeRow, "names" | "variables"> {
  const names = (lab: StandardLab): string => join(lab.directory, part === "CERT" ? "gone.pem" : "gone.key");
  return { names, variables: (lab) => ({ ...office(lab), [`CLAUDE_CODE_CLIENT_${part}`]: names(lab) }) };
}

export const claudeRows: readonly ClaudeRow[] = [
  {
    wrong: "passphrase wrong",
    alone: unreachable,
    after: "174 s",
    ours: "KEY_PASSPHRASE_WRONG",
    hop: "local",
    names: variable("CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"),
    variables: (lab) => ({ ...office(lab), CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: "not-this-one" }),
  },
  {
    wrong: "passphrase missing",
    alone: unreachable,
    after: "174 s",
    ours: "KEY_PASSPHRASE_MISSING",
    hop: "local",
    names: (lab) => lab.files.client.encryptedKey,
    variables: (lab) => without(office(lab), "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"),
  },
  {
    wrong: "key of another certificate",
    alone: unreachable,
    after: "185 s",
    ours: "CERT_KEY_MISMATCH",
    hop: "local",
    names: (lab) => lab.files.wrongClient.encryptedKey,
    variables: (lab) => ({ ...office(lab), CLAUDE_CODE_CLIENT_KEY: lab.files.wrongClient.encryptedKey }),
  },
  {
    wrong: "certificate file missing",
    alone: protocolError,
    after: "183 s",
    ours: "CERT_FILE_UNREADABLE",
    hop: "local",
    ...gone("CERT"),
  },
  {
    wrong: "key file missing",
    alone: protocolError,
    after: "188 s",
    ours: "KEY_FILE_UNREADABLE",
    hop: "local",
    ...gone("KEY"),
  },
  {
    wrong: "certificate without its key",
    alone: protocolError,
    after: "183 s",
    ours: "KEY_MISSING",
    hop: "local",
    names: variable("CLAUDE_CODE_CLIENT_KEY"),
    variables: (lab) => without(office(lab), "CLAUDE_CODE_CLIENT_KEY", "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"),
  },
  {
    wrong: "no client certificate, TLS 1.3",
    alone: protocolError,
    after: "184 s",
    ours: "CLIENT_CERT_REQUIRED",
    hop: "target",
    names: target,
    variables: (lab) => without(office(lab), ...certificateVariables),
  },
  {
    wrong: "no client certificate, TLS 1.2",
    alone: protocolError,
    after: "184 s",
    ours: "CLIENT_CERT_REQUIRED",
    hop: "target",
    variables: async (lab) => {
      const older = await lab.origin({ name: "older.lab.test", clientCertificate: "required", maxVersion: "TLSv1.2" });
      return without(office(lab, older, lab.basic), ...certificateVariables);
    },
  },
  {
    wrong: "certificate of a wrong authority",
    alone: dropped,
    after: "184 s",
    ours: "CLIENT_CERT_REJECTED",
    hop: "target",
    names: target,
    variables: (lab) => ({
      ...office(lab),
      CLAUDE_CODE_CLIENT_CERT: lab.files.wrongClient.cert,
      CLAUDE_CODE_CLIENT_KEY: lab.files.wrongClient.encryptedKey,
    }),
  },
  {
    wrong: "proxy does not answer its port",
    alone: refused,
    after: "177 s",
    ours: "TCP_REFUSED",
    hop: "proxy",
    variables: async (lab) => ({ ...office(lab), ...through(`http://localhost:${await closedPort()}`) }),
  },
  {
    wrong: "origin does not answer its port",
    alone: refused,
    after: "185 s",
    ours: "TCP_REFUSED",
    hop: "target",
    variables: async (lab) => ({
      ...without(office(lab), "HTTPS_PROXY", "HTTP_PROXY"),
      ANTHROPIC_BASE_URL: `https://localhost:${await closedPort()}`,
    }),
  },
  {
    wrong: "proxy's name cannot be resolved",
    alone: "Can't reach the API server — check your internet or DNS (EAI_AGAIN)",
    after: "183 s",
    ours: "DNS_NOT_FOUND",
    hop: "proxy",
    names: variable("proxy.corp.invalid"),
    variables: (lab) => ({ ...office(lab), ...through("http://proxy.corp.invalid:3128") }),
  },
  {
    wrong: "proxy cannot reach the host (503)",
    alone: tunnel,
    after: "291 s",
    ours: "PROXY_BAD_GATEWAY",
    hop: "proxy",
    variables: async (lab) => {
      const proxy = await lab.proxy({ name: "cut-off", fault: { kind: "status", status: 503 } });
      return office(lab, lab.mtls, proxy);
    },
  },
  {
    wrong: "wrong password for the proxy (407)",
    alone: tunnel,
    after: "2 s",
    ours: "PROXY_AUTH_REJECTED",
    hop: "proxy",
    variables: (lab) => ({ ...office(lab), ...through(`http://alice:wrong@localhost:${lab.basic.port}`) }),
  },
  {
    wrong: "authority unknown",
    alone: untrusted,
    after: "3 s",
    ours: "TLS_UNTRUSTED_ISSUER",
    hop: "target",
    variables: (lab) => without(office(lab, lab.mtls, lab.basic), "NODE_EXTRA_CA_CERTS"),
  },
  {
    wrong: "NODE_EXTRA_CA_CERTS names no file",
    alone: `${untrusted}, and a warning that names the file`,
    after: "3 s",
    ours: "CA_FILE_UNREADABLE",
    hop: "local",
    names: variable("NODE_EXTRA_CA_CERTS"),
    variables: (lab) => ({ ...office(lab), NODE_EXTRA_CA_CERTS: join(lab.directory, "gone-ca.pem") }),
  },
  {
    wrong: "proxy is socks5://",
    alone: "Unable to connect to API (UnsupportedProxyProtocol)",
    after: "176 s",
    ours: "works",
    variables: (lab) => office(lab, lab.mtls, lab.socks),
  },
  {
    wrong: "login of the proxy comes from a command",
    alone: "no such setting",
    after: "–",
    ours: "works",
    variables: (lab) => {
      const config = join(lab.directory, "config.json");
      const passwordFile = join(lab.directory, "proxy-password");
      writeFileSync(passwordFile, lab.login.password, { mode: 0o600 });
      const proxy = { url: lab.basic.url, username: lab.login.username, password: { command: ["cat", passwordFile] } };
      writeFileSync(config, JSON.stringify({ proxy }), { mode: 0o600 });
      return { ...without(office(lab), "HTTPS_PROXY", "HTTP_PROXY"), SALLYPORT_CONFIG: config };
    },
  },
  {
    wrong: "certificate and key come as PKCS#12",
    alone: "no such setting",
    after: "–",
    ours: "works",
    variables: (lab) => ({
      ...without(office(lab), ...certificateVariables),
      SALLYPORT_CLIENT_PFX: exportPfx(lab),
      SALLYPORT_CLIENT_KEY_PASSPHRASE: lab.files.passphrase,
    }),
  },
];

/** As an employee gets it from the company: certificate, chain and key in one file. */
function exportPfx({ directory, files: { client, passphrase } }: StandardLab): string {
  const path = join(directory, "alice.p12");
  const secret = ["-passin", "env:PASSPHRASE", "-passout", "env:PASSPHRASE"];
  const made = spawnSync(
    "openssl",
    ["pkcs12", "-export", "-in", client.cert, "-inkey", client.encryptedKey, "-out", path, ...secret],
    { encoding: "utf8", env: { PATH: process.env["PATH"] ?? "", PASSPHRASE: passphrase } },
  );
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  return path;
}
