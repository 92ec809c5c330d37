import type { ConnectError } from "../base/errors.js";
import type { ProxyChoice, ProxyServer, Setting } from "./types.js";

/**
 * The one proxy of a setting, for whoever can say no more than one; undefined where it says none.
 * @throws {ConnectError} for one that is invalid, for a chain, and for a PAC file: none of these must look like none
 */
export function onlyServer(
  setting: Setting<ProxyChoice> | undefined,
  faults: { readonly chain: () => ConnectError; readonly pac: () => ConnectError },
): ProxyServer | undefined {
  const choice = setting?.value;
  switch (choice?.kind) {
    case "server":
      return choice.server;
    case "invalid":
      throw choice.fault;
    case "chain":
      throw faults.chain();
    case "pac":
      throw faults.pac();
    default:
      return undefined;
  }
}
