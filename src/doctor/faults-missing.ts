import { ConnectError } from "../base/errors.js";
import { quotePath } from "../base/quote-path.js";
import { settingName } from "../policy/index.js";
import type { Policy } from "../policy/types.js";
import type { Lying } from "../trust/index.js";
import { nameIn } from "./certificate-name.js";
import type { Observation } from "./observation.js";

/** A server wants a client certificate, and none is configured for it. */
export function required(
  { prefix, issuer, target }: Pick<Observation, "prefix" | "issuer" | "target">,
  message: string,
): ConnectError {
  const set = `set ${prefix}_CLIENT_CERT and ${prefix}_CLIENT_KEY (or an identity for this host in the config file)`;
  return new ConnectError("CLIENT_CERT_REQUIRED", {
    hop: "target",
    message: `${message}: none is configured for it`,
    remedy: issuer.inspector
      ? `${set}, and have ${target} exempted from inspection: "${issuer.name}", which opens its TLS, can pass no certificate on`
      : set,
  });
}

/** The same fault, where the authority that is missing lies on this machine. */
export function rootLiesHere(
  fault: ConnectError,
  policy: Pick<Policy, "prefix" | "trust">,
  { certificate, place }: Lying,
): ConnectError {
  const { code, hop, stage, message } = fault;
  return new ConnectError(code, { hop, stage, message, remedy: adviseLying(policy, certificate, place), cause: fault });
}

function adviseLying(
  { prefix, trust }: Pick<Policy, "prefix" | "trust">,
  { subject, fingerprint256 }: Lying["certificate"],
  place: Lying["place"],
): string {
  const name = `"${nameIn(subject)}", which signed it,`;
  if ("store" in place) {
    const store = place.store === "system" ? "the operating system's store" : "the authorities that come with Node";
    return `${name} is in ${store}, which ${settingName(trust.stores.source)} leaves out: have that name bundled,system`;
  }
  const path = quotePath(place.file);
  return prefix === "SALLYPORT"
    ? `${name} lies in ${path}: run: sallyport trust add ${path} --fingerprint ${fingerprint256}`
    : `${name} lies in ${path}: add that file to NODE_EXTRA_CA_CERTS or ${prefix}_CA_CERTS`;
}
