import tls from "node:tls";
import type { System } from "../base/system.js";
import { bounded } from "./bounded.js";
import { resolveEndpoint } from "./dns.js";
import { codeOf, type Endpoint } from "./endpoint.js";
import { connectTcp } from "./tcp.js";

const patience = 1000;

/**
 * Whether a port speaks TLS, whoever's certificate it shows: nothing is sent there but a ClientHello.
 * At most three seconds; a port that cannot be asked counts as one that does not.
 */
export async function provesTls(system: System, endpoint: Endpoint): Promise<boolean> {
  try {
    const addresses = await resolveEndpoint(system, endpoint, patience, undefined);
    const socket = await connectTcp(addresses, endpoint, patience, undefined);
    return await bounded(
      patience,
      undefined,
      () => new Error("no answer"),
      () => {
        const secure = tls.connect({ socket, host: endpoint.host });
        return new Promise<boolean>((resolve) => {
          secure.once("secureConnect", () => resolve(true));
          // Its certificate was read and judged, so that it does speak TLS; an error of the record layer says the opposite.
          secure.once("error", (error) =>
            resolve(
              secure.authorizationError !== null && secure.authorizationError !== undefined
                ? true
                : /CERT|ALTNAME|ISSUER|SIGN/.test(codeOf(error)),
            ),
          );
          secure.once("close", () => resolve(false));
        });
      },
    ).finally(() => socket.destroy());
  } catch {
    // The probe only adds to a fault that is told anyway.
    return false;
  }
}
