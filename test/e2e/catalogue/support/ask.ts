import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { findConnectError, isConnectError } from "../../../../src/base/errors.js";
import { createNetwork, type ContextOptions, type Network } from "../../../../src/clients/index.js";
import { startGateway } from "../../../../src/gateway/index.js";
import { createMcpFetch } from "../../../../src/mcp/index.js";
import type { Lab } from "../../../../src/lab/index.js";
import type { Sayer, Setting } from "./scene.js";

/** What programs get: codes of what is thrown and of the warnings, or neither. */
export interface Said {
  readonly thrown: string | undefined;
  readonly warned: readonly string[];
}

type Asking = (options: ContextOptions, url: string) => Promise<readonly string[]>;

/** The options by which everyone here opens the settings. */
export function optionsOf(lab: Lab, { variables, options }: Setting): ContextOptions {
  return {
    stores: ["bundled"],
    source: { variables: { HOME: lab.directory, ...variables } },
    lookup: lab.lookup,
    ...options,
  };
}

const withNetwork =
  (use: (network: Network, url: string) => Promise<unknown>): Asking =>
  async (options, url) => {
    const network = await createNetwork(options);
    try {
      await use(network, url);
      return network.warnings.map(({ code }) => code);
    } finally {
      await network.destroy();
    }
  };

const ways: Readonly<Record<Exclude<Sayer, "doctor">, Asking>> = {
  fetch: withNetwork(async (network, url) => (await network.fetch(url)).text()),
  agent: withNetwork(
    ({ agents }, url) =>
      new Promise((resolve, reject) => {
        const https = url.startsWith("https:");
        const send = https ? httpsRequest : httpRequest;
        const request = send(url, { agent: https ? agents.https : agents.http }, (response) => {
          response.on("error", reject).on("end", resolve).resume();
        });
        request.on("error", reject).end();
      }),
  ),
  // As a server of its own for this origin: inside a tunnel it sees nothing of the target's TLS and HTTP.
  gateway: async (options, url) => {
    const { origin, pathname } = new URL(url);
    await using gateway = await startGateway({ ...options, origins: { site: origin }, drainTimeout: 0 });
    const [site] = gateway.origins;
    if (site === undefined) throw new Error("no reverse proxy");
    const answer = await fetch(new URL(pathname, site.url));
    const text = await answer.text();
    const fault = answer.headers.get("sallyport-fault");
    const warned = gateway.snapshot().warnings.map(({ code }) => code);
    await gateway.destroy();
    if (fault !== null) throw new GatewayAnswer(fault, text);
    return warned;
  },
  mcp: withNetwork(async (network, url) => {
    await using mcpFetch = createMcpFetch(network);
    await (await mcpFetch(url)).text();
  }),
};

/** The gateway's answer with a fault, whose text says the same as the header. */
class GatewayAnswer extends Error {
  readonly fault: string;
  constructor(fault: string, text: string) {
    super(text);
    this.fault = text.includes(`[${fault}]`) || text.includes(`"${fault}"`) ? fault : `${fault}, not in its text`;
  }
}

/** Asks in this way, and tells what came of it. */
export async function ask(way: Exclude<Sayer, "doctor">, lab: Lab, setting: Setting): Promise<Said> {
  try {
    return { thrown: undefined, warned: await ways[way](optionsOf(lab, setting), setting.url) };
  } catch (error) {
    if (error instanceof GatewayAnswer) return { thrown: error.fault, warned: [] };
    const fault = isConnectError(error) ? error : findConnectError(error);
    if (fault === undefined) return { thrown: `no code: ${String(error)}`, warned: [] };
    return { thrown: fault.code, warned: [] };
  }
}
