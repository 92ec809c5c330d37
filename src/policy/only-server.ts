import { chainInVariables, pacInVariables } from "./faults-proxy.js";
import type { ProxyChoice, ProxyServer, Setting } from "./types.js";

/** What helps who can write down one proxy alone. */
export interface OneServerRemedies {
  readonly chain: string;
  readonly pac: string;
}

/**
 * The one proxy of a setting, for variables, which can name no more than one; undefined where it says none.
 * @throws {ConnectError} for one that is invalid, for a chain, and for a PAC file: none of these must look like none
 */
export function onlyServer(
  setting: Setting<ProxyChoice> | undefined,
  remedies: OneServerRemedies,
): ProxyServer | undefined {
  const choice = setting?.value;
  switch (choice?.kind) {
    case "server":
      return choice.server;
    case "invalid":
      throw choice.fault;
    case "chain":
      throw chainInVariables(remedies.chain);
    case "pac":
      throw pacInVariables(remedies.pac);
    default:
      return undefined;
  }
}
