import { ConnectError } from "../../base/errors.js";

/** `shown`: the subject of the certificate that the host is shown, if there is one. */
export function tokenBoundElsewhere(host: string, shown: string | undefined): ConnectError {
  const instead = shown === undefined ? "this host is shown none" : `this host is shown ${shown}`;
  return new ConnectError("OAUTH_TOKEN_BOUND", {
    hop: "target",
    message: `the access token for ${host} is bound to another client certificate, and ${instead}`,
    remedy: "log in again; let one identity name both hosts, this one and its authorization server",
  });
}

export function noTokenBinding(): ConnectError {
  return new ConnectError("OAUTH_TOKEN_BOUND", {
    hop: "target",
    message: "the token is bound to another client certificate than the one that is given",
    remedy: "fetch a new token with this certificate",
  });
}

export function methodNotOffered(method: string, offered: readonly string[]): ConnectError {
  // What a server says of itself is shown as far as it can be a name.
  const names = offered.filter((each) => /^[a-z_]{1,40}$/.test(each));
  return new ConnectError("OAUTH_REFUSED", {
    hop: "target",
    message: `the authorization server does not offer ${method}`,
    remedy: `use one of the methods that it offers: ${names.join(", ") || "none that is known"}`,
  });
}

export function insecureAlias(): ConnectError {
  return new ConnectError("OAUTH_DISCOVERY_FAILED", {
    hop: "target",
    message: "the authorization server names a token endpoint for client certificates that is not an https URL",
    remedy: "show this to the operators of the authorization server: mtls_endpoint_aliases",
  });
}

export function noCertificate(): ConnectError {
  return new ConnectError("CERT_FILE_INVALID", {
    hop: "local",
    message: "what is given as a certificate is not one",
    remedy: "give the certificate as PEM text, or its DER bytes",
  });
}
