import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNetwork, type Network } from "../../../src/clients/index.js";
import { createSystem, openSecretFiles } from "../../../src/env/index.js";
import { createLoginSource } from "../../../src/mcp/index.js";
import type { LoginOptions, McpLogin } from "../../../src/mcp/types.js";
import type { OAuthServer } from "./server.js";

/** Somebody with a program, a browser and a folder for logins. */
export interface Person extends AsyncDisposable {
  readonly folder: string;
  /** What was told on the screen. */
  readonly told: string[];
  /** URLs that the browser was sent to. */
  readonly opened: string[];
  /** What the browser does with a URL. */
  browse(url: string): Promise<boolean>;
  /** A further program of the same person's. */
  program(options?: Partial<LoginOptions>): Program;
}

export interface Program {
  readonly login: () => Promise<McpLogin>;
  /** Sends a request as the bridge does, and gives the status that it ended with. */
  call(method?: string, signal?: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

export interface PersonOptions extends Partial<LoginOptions> {
  /** Default: one straight to the server. */
  readonly way?: Network;
}

export async function person(server: OAuthServer, { way, ...common }: PersonOptions = {}): Promise<Person> {
  const folder = await mkdtemp(join(tmpdir(), "logins-"));
  const network = way ?? (await createNetwork({ source: { variables: {} }, stores: ["bundled"] }));
  const [told, opened]: [string[], string[]] = [[], []];
  const browse = async (url: string): Promise<boolean> => {
    opened.push(url);
    const there = await network.fetch(url, { redirect: "manual" });
    // The page is what the user sees at the end.
    const back = new URL(there.headers.get("location") ?? "");
    void fetch(back).then(
      (page) => page.text().then((text) => told.push(text)),
      () => undefined,
    );
    return true;
  };
  const programs: Program[] = [];
  return {
    folder,
    told,
    opened,
    browse,
    program(options = {}) {
      const source = createLoginSource({
        server: server.mcp,
        network,
        system: createSystem(),
        files: openSecretFiles(folder),
        tell: (line) => told.push(line),
        openBrowser: browse,
        ...common,
        ...options,
      });
      let opening: Promise<McpLogin> | undefined;
      const login = (): Promise<McpLogin> => (opening ??= source.open());
      const program: Program = {
        login,
        async call(method = "ping", signal) {
          const session = (await source.stored()) ? await login() : await opening;
          return send(server, network, method, { session, login, signal });
        },
        close: async () => (await opening)?.close(),
      };
      programs.push(program);
      return program;
    },
    async [Symbol.asyncDispose]() {
      for (const program of programs) await program.close();
      if (way === undefined) await network.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Sending {
  readonly session: McpLogin | undefined;
  readonly login: () => Promise<McpLogin>;
  readonly signal: AbortSignal | undefined;
}

async function send(server: OAuthServer, network: Network, method: string, way: Sending): Promise<number> {
  let { session } = way;
  for (let attempt = 0; ; attempt++) {
    const sent = await session?.authorization(way.signal);
    const headers = { "content-type": "application/json", ...(sent !== undefined && { authorization: sent }) };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method });
    const answer = await network.fetch(server.mcp, { method: "POST", headers, body });
    await answer.text();
    const { status } = answer;
    if ((status !== 401 && status !== 403) || attempt === 3) return status;
    session = await way.login();
    const header = answer.headers.get("www-authenticate");
    if (!(await session.challenged({ status, header, sent }, way.signal))) return status;
  }
}
