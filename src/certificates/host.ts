import { findConnectError, type ConnectError } from "../base/errors.js";
import { authority, dial, tellShown } from "../dial/index.js";
import type { DialContext } from "../dial/types.js";
import type { Identities } from "../identity/types.js";
import { parseCertificate } from "./parse.js";
import type { HostLook } from "./types.js";

/** Who only looks shows nothing of himself. */
const nobody: Identities = { origins: [], broken: [], faults: [], warnings: [] };

/**
 * Looks at what a host shows in a TLS handshake, over the dialer and the route that programs would take. Nothing is sent over the connection, and
 * no client certificate shown. A chain that does not hold is looked at all the same, and its fault told.
 *
 * @throws {ConnectError} where the handshake is never reached; the signal's reason after an abort
 */
export async function lookAtHost(
  context: DialContext,
  { host, port }: { readonly host: string; readonly port: number },
  signal?: AbortSignal,
): Promise<HostLook> {
  let seen: readonly Buffer[] = [];
  let route = "direct";
  let fault: ConnectError | undefined;
  try {
    const connection = await dial(
      context,
      { protocol: "https:", host, port },
      {
        identities: nobody,
        ...(signal && { signal }),
        onSecure: (socket) => tellShown(socket, (chain) => (seen = chain)),
        onStage: ({ stage, ok, detail }) => {
          if (stage === "route" && ok) route = detail;
        },
      },
    );
    connection.socket.destroy();
  } catch (error) {
    fault = findConnectError(error);
    if (fault === undefined || seen.length === 0) throw error;
  }
  return {
    host: authority({ host, port }),
    route,
    certificates: seen.flatMap((der) => parseCertificate(der) ?? []),
    ...(fault !== undefined && { fault }),
  };
}
