import type { Sshd } from "../real/support/sshd.js";
import { sshRow, toolRows } from "./rows-tools.js";
import type { Handler } from "./upstreams/upstream.js";

/** What answers at the far end: the lab's own origin, or a server for a protocol that it lacks. */
export type FarEnd = "lab" | "plain" | "files" | "grpc" | "mcp" | "socket.io" | "ssh";

export type Handlers = Readonly<Record<"files" | "grpc" | "mcp", Handler>>;

/** Where things are on this machine; undefined for a program that is not here. */
export interface Programs {
  /** The Node that Node clients run on. */
  readonly node: string;
  /** `test/matrix`, with the clients' packages in it. */
  readonly directory: string;
  readonly python: string | undefined;
  readonly find: (name: string) => string | undefined;
  readonly claude: string | undefined;
  readonly pnpm: string | undefined;
  readonly sshd: Sshd | undefined;
}

/** One unmodified client. */
export interface Row {
  readonly name: string;
  /** Its package in package.json, which knows its version; else the command that tells it, or what that has told. */
  readonly version:
    | { readonly package: string }
    | { readonly command: readonly string[] }
    | { readonly known: string }
    | "node";
  /** It runs on Node, so that what works inside Node can reach it. */
  readonly node: boolean;
  readonly farEnd: FarEnd;
  /** The commands, one after another, each to succeed: one for all URLs, or one for each. */
  commands(urls: readonly string[], home: string): readonly (readonly string[])[];
  /** For the command that is made for this URL: where a variable is how the program is told where to go. */
  readonly variables?: (url: string) => Record<string, string>;
  /** Why it is not there. */
  readonly absent?: string;
  /** Columns that make no sense for it. */
  readonly without?: readonly string[];
  /** Where it is tried when no page is written: what it would tell elsewhere is told by others already, and each cell takes its time. */
  readonly telling?: readonly string[];
  /** It takes more time than others have. */
  readonly slow?: boolean;
  /** It goes by no setting that a variable could carry: `run --capture` is for it. */
  readonly readsNothing?: boolean;
  /** It brings sallyport with it, and needs no other way to be told. */
  readonly ours?: boolean;
}

interface ScriptOptions {
  readonly package?: string;
  readonly path?: string;
  readonly farEnd?: FarEnd;
  readonly ours?: boolean;
}

export function rowsWith(programs: Programs): readonly Row[] {
  const { node, directory } = programs;
  const script = (name: string, file: string, options: ScriptOptions = {}): Row => ({
    name,
    version: options.package === undefined ? "node" : { package: options.package },
    node: true,
    farEnd: options.farEnd ?? "lab",
    ...(options.ours === undefined ? {} : { ours: options.ours }),
    // What is not TLS has no room for a certificate.
    ...(options.farEnd === "plain" ? { without: ["certificate"] } : {}),
    commands: (urls) => [
      [node, `${directory}/clients/${file}.mjs`, ...urls.map((url) => url + (options.path ?? "/echo"))],
    ],
  });
  const bare = { path: "" };
  return [
    script("fetch", "fetch"),
    script("fetch, streamed upload", "fetch-post"),
    script("fetch in a worker thread", "fetch-in-worker"),
    script("fetch in a child process", "fetch-in-child"),
    script("WebSocket", "websocket", { path: "/ws" }),
    script("node:http", "http", { farEnd: "plain" }),
    script("node:https", "https"),
    script("node:https, own agent", "https-own-agent"),
    script("node:http2", "http2"),
    script("undici 6", "undici6", { package: "undici6" }),
    script("undici 7", "undici7", { package: "undici7" }),
    script("undici 8", "undici8", { package: "undici8" }),
    script("axios", "axios", { package: "axios" }),
    script("got", "got", { package: "got" }),
    script("ky", "ky", { package: "ky" }),
    script("node-fetch 2", "node-fetch2", { package: "node-fetch2" }),
    script("node-fetch 3", "node-fetch3", { package: "node-fetch" }),
    script("superagent", "superagent", { package: "superagent" }),
    script("needle", "needle", { package: "needle" }),
    script("request", "request", { package: "request" }),
    script("ws", "ws", { package: "ws", path: "/ws" }),
    script("socket.io-client", "socket.io-client", { package: "socket.io-client", farEnd: "socket.io", ...bare }),
    script("@anthropic-ai/sdk", "anthropic", { package: "@anthropic-ai/sdk", ...bare }),
    script("openai", "openai", { package: "openai", ...bare }),
    script("@google/genai", "google-genai", { package: "@google/genai", ...bare }),
    script("@aws-sdk/client-s3", "aws-s3", { package: "@aws-sdk/client-s3", ...bare }),
    script("@octokit/rest", "octokit", { package: "@octokit/rest", ...bare }),
    ...mcpClients(script),
    script("@grpc/grpc-js", "grpc", { package: "@grpc/grpc-js", farEnd: "grpc", ...bare }),
    ...packageManagers(programs),
    ...otherPrograms(programs),
    ...toolRows({ install: false }),
    sshRow(programs),
  ];
}

type Script = (name: string, file: string, options: ScriptOptions) => Row;

/** Both SDKs by themselves, over the bridge, and with the fetch that is made for them. */
function mcpClients(script: Script): readonly Row[] {
  const sdk = { package: "@modelcontextprotocol/sdk", farEnd: "mcp", path: "" } as const;
  const client = { ...sdk, package: "@modelcontextprotocol/client" } as const;
  return [
    script("@modelcontextprotocol/sdk", "mcp-sdk", sdk),
    script("@modelcontextprotocol/client", "mcp-client", client),
    script("@modelcontextprotocol/sdk by sallyport mcp", "mcp-sdk-bridge", { ...sdk, ours: true }),
    script("@modelcontextprotocol/client by sallyport mcp", "mcp-client-bridge", { ...client, ours: true }),
    script("@modelcontextprotocol/client, createMcpFetch", "mcp-fetch", { ...client, ours: true }),
  ];
}

function packageManagers({ node, directory, pnpm }: Programs): readonly Row[] {
  const modules = `${directory}/node_modules`;
  const npm = `${modules}/npm/bin/npm-cli.js`;
  const add = (program: readonly string[], urls: readonly string[], home: string) =>
    urls.map((url, at) => [
      ...program,
      "add",
      "thing",
      "--dir",
      `${home}/project-${at}`,
      "--registry",
      `${url}/`,
      // The second host's answer must come from the second host.
      "--store-dir",
      `${home}/store-${at}`,
    ]);
  return [
    {
      name: "npm",
      version: { package: "npm" },
      node: true,
      farEnd: "files",
      commands: (urls, home) =>
        urls.map((url, at) => {
          const folders = ["--prefix", `${home}/project-${at}`, "--cache", `${home}/cache-${at}`];
          return [node, npm, "install", "thing", "--registry", `${url}/`, ...folders];
        }),
    },
    {
      name: "pnpm 11",
      version: { package: "pnpm" },
      node: true,
      farEnd: "files",
      commands: (urls, home) => add([node, `${modules}/pnpm/bin/pnpm.mjs`], urls, home),
    },
    {
      name: "pnpm 12",
      version: { command: [pnpm ?? "pnpm", "--version"] },
      node: false,
      farEnd: "files",
      commands: (urls, home) => add([pnpm ?? "pnpm"], urls, home),
      ...(pnpm === undefined ? { absent: "pnpm 12 is not installed" } : {}),
    },
  ];
}

function otherPrograms(programs: Programs): readonly Row[] {
  const { python, claude, directory } = programs;
  const program = (name: string, row: Pick<Row, "commands" | "farEnd"> & Partial<Row>): Row => ({
    name,
    version: { command: [programs.find(name) ?? name, "--version"] },
    node: false,
    ...(programs.find(name) === undefined ? { absent: `${name} is not installed` } : {}),
    ...row,
  });
  const each = (args: readonly string[]) => (urls: readonly string[]) => urls.map((url) => [...args, `${url}/echo`]);
  const noPython = python === undefined ? { absent: "Python with requests is not installed" } : {};
  return [
    program("git", {
      farEnd: "files",
      commands: (urls, home) => urls.map((url, at) => ["git", "clone", "--quiet", `${url}/thing.git`, `${home}/${at}`]),
    }),
    program("curl", { farEnd: "lab", commands: each(["curl", "--silent", "--show-error", "--fail"]) }),
    program("wget", { farEnd: "lab", commands: each(["wget", "--no-verbose", "--output-document=-"]) }),
    {
      name: "pip",
      version: { command: [python ?? "python3", "-m", "pip", "--version"] },
      node: false,
      farEnd: "files",
      commands: (urls, home) =>
        urls.map((url, at) => {
          const index = ["--index-url", `${url}/simple`, "--dest", `${home}/${at}`];
          const alone = ["--no-deps", "--no-cache-dir", "--disable-pip-version-check"];
          return [python ?? "python3", "-m", "pip", "download", "thing", ...index, ...alone];
        }),
      ...noPython,
    },
    {
      name: "Python requests",
      version: { command: [python ?? "python3", "-c", "import requests; print(requests.__version__)"] },
      node: false,
      farEnd: "lab",
      commands: (urls) => [
        [python ?? "python3", `${directory}/clients/python-requests.py`, ...urls.map((url) => `${url}/echo`)],
      ],
      ...noPython,
    },
    {
      name: "Claude Code",
      version: { command: [claude ?? "claude", "--version"] },
      node: false,
      farEnd: "lab",
      commands: (urls) => urls.map(() => [claude ?? "claude", "-p", "hi"]),
      variables: (url) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "not-a-real-key" }),
      ...(claude === undefined ? { absent: "Claude Code is not installed" } : {}),
    },
  ];
}
