import type { Settings } from "./columns.js";

/** One way to tell an unmodified program about the network. */
export interface Way {
  readonly id: typeof OURS | typeof CAPTURE | "variables" | "env-proxy" | "global-agent";
  readonly title: string;
  readonly says: string;
  /** It is sallyport's, and so what the test is about. The others are for comparison. */
  readonly ours: boolean;
  /** It works inside Node, and can do nothing for other programs. */
  readonly nodeOnly: boolean;
  variables(settings: Settings): Record<string, string>;
  /** What goes before the command. */
  prefix(settings: Settings): readonly string[];
}

/** `sallyport run`. */
export const OURS = "sallyport";
/** `sallyport run --capture`. */
export const CAPTURE = "capture";

export interface WayTools {
  readonly node: string;
  readonly cli: string;
  /** The bootstrap module of global-agent, which is meant to be preloaded. */
  readonly globalAgent: string;
}

export function waysWith(tools: WayTools): readonly Way[] {
  const run = ({ certificateHosts }: Settings, ...flags: readonly string[]): readonly string[] => {
    const intercept = certificateHosts.flatMap((host) => ["--intercept", host]);
    return [tools.node, tools.cli, "run", ...flags, ...intercept, "--"];
  };
  return [
    {
      id: OURS,
      title: "sallyport run",
      says: "`sallyport run -- command`, told by `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, `SALLYPORT_PAC_URL`, `NODE_EXTRA_CA_CERTS` and `CLAUDE_CODE_CLIENT_*`; `--intercept` names the host that demands the certificate. Three MCP clients bring sallyport with them, and are started without `run`",
      ours: true,
      nodeOnly: false,
      variables: ours,
      prefix: (settings) => run(settings),
    },
    {
      id: CAPTURE,
      title: "run --capture",
      says: "`sallyport run --capture -- command`, told by the same variables: whatever the command opens is handed to the gateway, with no variable read by anybody but `run`",
      ours: true,
      nodeOnly: false,
      variables: ours,
      prefix: (settings) => run(settings, "--capture"),
    },
    {
      id: "variables",
      title: "variables alone",
      says: "`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` in both cases, `NODE_EXTRA_CA_CERTS` and `SSL_CERT_FILE`, `CLAUDE_CODE_CLIENT_*`",
      ours: false,
      nodeOnly: false,
      variables: generic,
      prefix: () => [],
    },
    {
      id: "env-proxy",
      title: "NODE_USE_ENV_PROXY",
      says: "the same, and `NODE_USE_ENV_PROXY=1`",
      ours: false,
      nodeOnly: true,
      variables: (settings) => ({ ...generic(settings), NODE_USE_ENV_PROXY: "1" }),
      prefix: () => [],
    },
    {
      id: "global-agent",
      title: "global-agent",
      says: "`global-agent/bootstrap` 3.0.0 by `NODE_OPTIONS=--require`, `GLOBAL_AGENT_*` variables, and `NODE_EXTRA_CA_CERTS`; its version 4.1.3 checks the certificates of origins against the name of the proxy (gajus/global-agent#83), so that hardly anything works",
      ours: false,
      nodeOnly: true,
      variables: (settings) => ({
        ...settings.surroundings,
        ...(settings.proxyUrl === undefined
          ? {}
          : { GLOBAL_AGENT_HTTP_PROXY: settings.proxyUrl, GLOBAL_AGENT_HTTPS_PROXY: settings.proxyUrl }),
        ...(settings.noProxy === undefined ? {} : { GLOBAL_AGENT_NO_PROXY: settings.noProxy }),
        NODE_EXTRA_CA_CERTS: settings.files.bundle,
        NODE_OPTIONS: `--require=${tools.globalAgent}`,
      }),
      prefix: () => [],
    },
  ];
}

/** As a person would set them: once, in the spelling that most documentation has. */
function ours(settings: Settings): Record<string, string> {
  const { proxyUrl, pacUrl, schemes, ticketHosts, noProxy, files, certificateHosts, surroundings } = settings;
  return {
    ...surroundings,
    ...(proxyUrl === undefined ? {} : { HTTPS_PROXY: proxyUrl, HTTP_PROXY: proxyUrl }),
    ...(pacUrl === undefined ? {} : { SALLYPORT_PAC_URL: pacUrl }),
    ...(schemes === undefined ? {} : { SALLYPORT_PROXY_AUTH: schemes }),
    ...(ticketHosts === undefined ? {} : { SALLYPORT_PROXY_AUTH_HOSTS: ticketHosts }),
    ...(noProxy === undefined ? {} : { NO_PROXY: noProxy }),
    NODE_EXTRA_CA_CERTS: files.bundle,
    ...(certificateHosts.length === 0 ? {} : clientCertificate(files)),
  };
}

/** All that programs in general read. */
function generic(settings: Settings): Record<string, string> {
  const set = { ...ours(settings), SSL_CERT_FILE: settings.files.bundle };
  const lower = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].flatMap((name) => {
    const value = (set as Record<string, string>)[name];
    return value === undefined ? [] : [[name.toLowerCase(), value] as const];
  });
  return { ...set, ...Object.fromEntries(lower) };
}

function clientCertificate({ client, passphrase }: Settings["files"]): Record<string, string> {
  return {
    CLAUDE_CODE_CLIENT_CERT: client.cert,
    CLAUDE_CODE_CLIENT_KEY: client.encryptedKey,
    CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: passphrase,
  };
}
