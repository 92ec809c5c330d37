import { join } from "node:path";
import type { ClientFiles, Situation } from "./situation.js";

/** What the recording runs, as it was found on this machine. */
export interface Found {
  readonly repository: string;
  /** One Node for all, whichever runs the tests: its words change from release to release. */
  readonly node: string;
  readonly claude: string | undefined;
}

export interface Command {
  readonly argv: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** What it is given on standard input. */
  readonly input?: string;
}

export interface Program {
  readonly name: string;
  /** Prints its version. */
  readonly version: (found: Found) => readonly string[];
  /** Or why it cannot be put into this situation. */
  readonly command: (situation: Situation, found: Found) => Command | string;
  /** Of its output, the lines that a person would read. */
  readonly telling: RegExp;
  /** It has its answer, whatever its exit status is then. */
  readonly worked?: RegExp;
  /** So many of them; default 3. */
  readonly most?: number;
}

const seconds = 5;
const anyNames = ["CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "GIT_PROXY_SSL_CAINFO", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];

const noPkcs12 = "it reads no PKCS#12";
const isHttp = (url: string): boolean => url.startsWith("http:");
const trusting = ({ authorities }: Situation): Readonly<Record<string, string>> =>
  authorities === undefined ? {} : Object.fromEntries(anyNames.map((name) => [name, authorities]));

/** The option, where there is something to give. */
const option = (name: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [name, value];

function onNode(name: string, file: string, telling: string): Program {
  return {
    name,
    version: ({ node, repository }) => [
      node,
      "-p",
      telling === "node"
        ? "process.versions.node"
        : `require(${JSON.stringify(join(repository, "node_modules", telling, "package.json"))}).version`,
    ],
    command: (situation, { node, repository }) => ({
      argv: [
        node,
        "--disable-warning=UNDICI-EHPA",
        join(repository, "test/real/recording/clients", file),
        situation.url,
        JSON.stringify(situation.client ?? {}),
      ],
      variables: { ...situation.variables, ...trusting(situation) },
    }),
    telling: /^(?!\(Use `node|\(node:\d+\) Experimental|Warning: Detected unsettled|await |\^$)\S/,
  };
}

const curl: Program = {
  name: "curl -v",
  version: () => ["curl", "--version"],
  command: (situation) => {
    const { url, client, authorities, proxy } = situation;
    const toProxy = proxy?.startsWith("https:") === true ? option("--proxy-cacert", authorities) : [];
    const argv = ["curl", "-v", "-sS", "--max-time", String(seconds), "-o", "/dev/null", ...toProxy];
    return {
      argv: [...argv, ...curlCertificate(client), url],
      variables: { ...situation.variables, ...trusting(situation) },
    };
  },
  telling:
    /^curl: |^< HTTP\/\S+ [345]|^\* (?!connect to ::1|.*close notify).*(?:TLS alert|problem|refused|reset by peer|timed out|Could not|unable to|SSL_ERROR|error:)/,
};

function curlCertificate(client: ClientFiles | undefined): readonly string[] {
  if (client === undefined) return [];
  const pkcs12 = client.pfx === undefined ? [] : ["--cert-type", "P12", "--cert", client.pfx];
  return [
    ...option("--cert", client.cert),
    ...option("--key", client.key),
    ...pkcs12,
    ...option("--pass", client.passphrase),
  ];
}

const git: Program = {
  name: "git",
  version: () => ["git", "--version"],
  command: (situation) => {
    const { client, url } = situation;
    if (client?.pfx !== undefined) return noPkcs12;
    if (client?.passphrase !== undefined) return "it asks for a passphrase on the terminal";
    const files = { GIT_SSL_CERT: client?.cert, GIT_SSL_KEY: client?.key };
    const given = Object.entries(files).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    return {
      argv: ["git", "ls-remote", `${url.replace(/\/$/, "")}/a.git`],
      variables: {
        GIT_TERMINAL_PROMPT: "0",
        ...situation.variables,
        ...trusting(situation),
        ...Object.fromEntries(given),
      },
    };
  },
  telling: /^(?:fatal|error|warning): /,
};

const wget: Program = {
  name: "wget",
  version: () => ["wget", "--version"],
  command: (situation) => {
    const { url, client, authorities } = situation;
    if (client?.pfx !== undefined) return noPkcs12;
    if (client?.passphrase !== undefined) return "it asks for a passphrase on the terminal";
    const files = [
      ...option("--ca-certificate", authorities),
      ...option("--certificate", client?.cert),
      ...option("--private-key", client?.key),
    ];
    return {
      argv: ["wget", "-nv", "--tries=1", `--timeout=${seconds}`, "-O", "/dev/null", ...files, url],
      variables: situation.variables,
    };
  },
  telling:
    /^(?!Giving up|Retrying|To connect to |.*URL:|Unable to establish|WARNING: Could not save SSL session|https?:\S+:$)./,
};

const python: Program = {
  name: "Python urllib",
  version: () => ["python3", "--version"],
  command: (situation, { repository }) => {
    const { client, url, proxy } = situation;
    if (client?.pfx !== undefined) return noPkcs12;
    if (proxy?.startsWith("https:") === true)
      return "it speaks plain HTTP to a proxy of https://, and sees nothing of its TLS";
    if (client !== undefined && client.cert === undefined) return "it takes no key without a certificate";
    return {
      argv: ["python3", join(repository, "test/real/recording/clients/urllib.py"), url, JSON.stringify(client ?? {})],
      variables: { ...situation.variables, ...trusting(situation) },
    };
  },
  most: 1,
  telling: /^[\w.]*(?:Error|Exception|Disconnected|timeout|StatusLine|Read)\b.*/,
};

const openssl: Program = {
  name: "openssl s_client",
  version: () => ["openssl", "version"],
  command: (situation) => {
    const { client, authorities } = situation;
    const url = new URL(situation.url);
    if (isHttp(situation.url)) return "the URL has no TLS";
    if (client?.pfx !== undefined) return noPkcs12;
    if (client?.cert?.endsWith(".der") === true) return "it reads DER as well";
    const way = opensslWay(situation);
    if (typeof way === "string") return way;
    const passphrase = client?.passphrase === undefined ? [] : ["-pass", `pass:${client.passphrase}`];
    const files = [...option("-CAfile", authorities), ...option("-cert", client?.cert), ...option("-key", client?.key)];
    // Of the file of -cert it shows the first certificate alone.
    const chain = option("-cert_chain", client?.cert);
    const asked = [
      "openssl",
      "s_client",
      "-brief",
      "-verify_return_error",
      "-ign_eof",
      "-verify_hostname",
      url.hostname,
    ];
    return {
      argv: [...asked, ...way, ...files, ...chain, ...passphrase, "-servername", url.hostname],
      input: `GET / HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`,
    };
  },
  // It counts the end of an answer without a close_notify as an error.
  worked: /^HTTP\/1\S+ 2/m,
  telling: /error|alert|failed|errno|refused|unexpected|could not|unable|No such|expected|^HTTP\/1\S+ [345]|^s_client/i,
};

/** How it gets there: it reads no variables, and knows plain HTTP proxies alone. */
function opensslWay({ url: text, proxy }: Situation): readonly string[] | string {
  const url = new URL(text);
  const connect = ["-connect", `${url.hostname}:${url.port || "443"}`];
  if (proxy === undefined || url.hostname === "localhost") return connect;
  if (!URL.canParse(proxy)) return "it takes no such proxy";
  const { protocol, hostname, port, username, password } = new URL(proxy);
  if (protocol !== "http:") return "it knows plain HTTP proxies alone";
  const login = username === "" ? [] : ["-proxy_user", username, "-proxy_pass", `pass:${decodeURIComponent(password)}`];
  return ["-proxy", `${hostname}:${port}`, ...login, ...connect];
}

const claudeCode: Program = {
  name: "Claude Code",
  version: ({ claude }) => [claude ?? "claude", "--version"],
  command: (situation, { claude }) => {
    const { url, client } = situation;
    if (claude === undefined) return "it is not installed";
    if (client?.pfx !== undefined) return noPkcs12;
    const certificate = {
      CLAUDE_CODE_CLIENT_CERT: client?.cert,
      CLAUDE_CODE_CLIENT_KEY: client?.key,
      CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: client?.passphrase,
    };
    const given = Object.entries(certificate).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    return {
      argv: [claude, "-p", "hi"],
      variables: {
        ...situation.variables,
        ...(situation.authorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: situation.authorities }),
        ...Object.fromEntries(given),
        ANTHROPIC_BASE_URL: url.replace(/\/$/, ""),
        ANTHROPIC_API_KEY: "not-a-real-key",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        DISABLE_AUTOUPDATER: "1",
        // It would try again for three minutes, and say the same.
        CLAUDE_CODE_MAX_RETRIES: "0",
        API_TIMEOUT_MS: String(seconds * 1000),
      },
    };
  },
  // The lab's model says that where nothing is wrong.
  telling: /^(?!MOCK-OK$)./,
};

/** In the order in which the page has them. */
export const programs: readonly Program[] = [
  curl,
  onNode("Node fetch", "fetch.mjs", "node"),
  onNode("undici", "undici.mjs", "undici"),
  onNode("axios", "axios.mjs", "axios"),
  claudeCode,
  openssl,
  git,
  wget,
  python,
];
