import { ConnectError } from "../base/errors.js";
import type { Observation } from "./observation.js";

/** @param outcome what showed it */
export function inspected({ connection, target, issuer }: Observation, outcome: string): ConnectError {
  const subject = connection.identity?.subject ?? "the client certificate";
  return new ConnectError("CLIENT_CERT_INSPECTED", {
    hop: "proxy",
    message: `${subject} cannot reach ${target}: "${issuer.name}" inspects the TLS on the way and removes it (${outcome})`,
    remedy: `ask the administrators of the inspecting proxy to exempt ${target} from inspection`,
  });
}
