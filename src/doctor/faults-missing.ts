import { ConnectError } from "../base/errors.js";
import type { Observation } from "./observation.js";

/** A server wants a client certificate, and none is configured for it. */
export function required({ prefix }: Pick<Observation, "prefix">, message: string): ConnectError {
  return new ConnectError("CLIENT_CERT_REQUIRED", {
    hop: "target",
    message: `${message}: none is configured for it`,
    remedy: `set ${prefix}_CLIENT_CERT and ${prefix}_CLIENT_KEY (or an identity for this host in the config file)`,
  });
}
