import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { legacyClient, modernClient, type BridgeStart, type McpClient } from "./clients.js";

/** What the suite says of one scenario when it starts its client. */
interface Given {
  readonly url: string;
  readonly scenario: string;
  readonly version: string;
  readonly context: {
    readonly client_id?: string;
    readonly client_secret?: string;
    readonly private_key_pem?: string;
    readonly toolCalls?: readonly { readonly name: string; readonly arguments: Record<string, unknown> }[];
  };
}

/** Where the bridge runs. */
export interface Place {
  readonly variables: Readonly<Record<string, string>>;
  /** The server's URL as it is from here. */
  readonly urlOf: (url: string) => string;
  /** A person's browser: follows the login to its end. */
  readonly visit: BridgeStart["visit"];
}

/** Of the optional extensions, those that the bridge has no part in. */
const notApplicable = /enterprise-managed|dpop|wif-/;

/** More bridges at once than this, and a machine of two processors spends its time on changing between them. */
const most = 3;

export interface Clients extends AsyncDisposable {
  readonly port: number;
  /** What a client ended with, by its scenario. Undefined: all went well. */
  readonly failures: ReadonlyMap<string, string | undefined>;
}

/** Answers the suite's commands: each POST is a scenario, and is answered when its client has ended. */
export async function startClients(around: Place): Promise<Clients> {
  const failures = new Map<string, string | undefined>();
  const turns = new Turns(most);
  const server = createServer((request, response) => {
    void (async () => {
      const given = JSON.parse(await text(request)) as Given;
      const { scenario } = given;
      // It measures milliseconds: nothing else may run beside it.
      const failure = await turns.take(scenario === "sse-retry" ? most : 1, () => failureOf(given, around));
      failures.set(scenario, failure);
      response.writeHead(failure === undefined ? 200 : 500).end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    failures,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function failureOf(given: Given, around: Place): Promise<string | undefined> {
  if (notApplicable.test(given.scenario)) return "not applicable";
  const home = mkdtempSync(join(tmpdir(), "sallyport-home-"));
  try {
    await run(given, around, home);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function run(given: Given, { variables, urlOf, visit }: Place, home: string): Promise<void> {
  const { scenario, version, context } = given;
  const flags: string[] = [];
  if (scenario === "auth/basic-cimd") flags.push("--client-id", "https://conformance-test.local/client-metadata.json");
  if (context.client_id !== undefined) flags.push("--client-id", context.client_id);
  if (context.client_secret !== undefined) flags.push("--client-secret", "${MCP_CLIENT_SECRET}");
  if (context.private_key_pem !== undefined) {
    const path = join(home, "client.key");
    writeFileSync(path, context.private_key_pem, { mode: 0o600 });
    flags.push("--client-key", path);
  }
  const secret = { MCP_CLIENT_SECRET: context.client_secret ?? "" };
  const start = { url: urlOf(given.url), flags, visit, variables: { HOME: home, ...secret, ...variables } };
  await using client = await (version >= "2026" ? modernClient : legacyClient)(start);
  await play(client, given);
}

async function play(client: McpClient, { scenario, context }: Given): Promise<void> {
  const tools = await client.tools();
  if (scenario === "tools_call") await client.call("add_numbers", { a: 5, b: 3 });
  else if (scenario === "sep-2322-client-request-state") {
    // At once: what one of them is asked is none of the other's business.
    const names = ["test_mrtr_echo_state", "test_mrtr_unrelated", "test_mrtr_no_state", "test_mrtr_no_result_type"];
    // SDK 2.x refuses the last one's answer itself, for want of a resultType.
    await Promise.all(names.map((name) => client.call(name).catch(allow("test_mrtr_no_result_type", name))));
  } else if (context.toolCalls !== undefined) {
    for (const { name, arguments: parameters } of context.toolCalls) await client.call(name, parameters);
  } else if (scenario === "http-standard-headers") {
    await client.call(tools[0] ?? "");
    await client.browse();
  } else if (scenario === "auth/authorization-server-migration") {
    await client.call("test-tool");
    await client.call("test-tool");
  } else if (scenario.startsWith("auth/")) await client.call("test-tool");
  // Its tools are there to be listed.
  else if (scenario === "json-schema-ref-no-deref") return;
  // Whatever a server lists, and the bridge lets through, is called.
  else for (const name of tools) await client.call(name, { region: "eu" });
}

/** For `catch`: what the tool of this name ends with is no failure. */
const allow =
  (tolerated: string, name: string) =>
  (error: unknown): void => {
    if (name !== tolerated) throw error;
  };

/** So many at once, and the others in their order. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  async take<T>(count: number, work: () => Promise<T>): Promise<T> {
    while (this.#free < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free -= count;
    try {
      return await work();
    } finally {
      this.#free += count;
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }
}
