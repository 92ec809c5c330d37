import { inParentheses } from "../../base/error-code.js";
import { ConnectError, type Hop } from "../../base/errors.js";
import type { FaultCode } from "../../base/codes.js";
import { looksSecret } from "../../base/looks-secret.js";
import { oneLine } from "../../base/one-line.js";
import { redactUrl } from "../../base/redact.js";

function fault(code: FaultCode, message: string, remedy: string, hop: Hop = "target"): ConnectError {
  return new ConnectError(code, { hop, message, remedy });
}

const toOperators = "show this to the operators of the server";

/** `problem`: what is wrong with the document at `url`. */
export function badMetadata(url: string, problem: string): ConnectError {
  return fault("OAUTH_DISCOVERY_FAILED", `${redactUrl(url)} ${problem}`, toOperators);
}

export function otherIssuer(url: string): ConnectError {
  return badMetadata(url, "is the metadata of another authorization server (issuer)");
}

export function noMetadata(issuer: string): ConnectError {
  return fault(
    "OAUTH_DISCOVERY_FAILED",
    `the authorization server ${redactUrl(issuer)} has no metadata in any of the usual places`,
    `${toOperators}; where a filter blocks that host, have it allowed`,
  );
}

export function otherResource(server: URL): ConnectError {
  return fault(
    "OAUTH_DISCOVERY_FAILED",
    `the metadata of ${server.host} are those of another server: a token for that one is not asked for`,
    toOperators,
  );
}

export function insecure(what: string): ConnectError {
  return fault(
    "OAUTH_DISCOVERY_FAILED",
    `${what} is not an https URL: whoever is on the way could read the tokens`,
    toOperators,
  );
}

export function missingEndpoint(name: string): ConnectError {
  return fault("OAUTH_DISCOVERY_FAILED", `the authorization server's metadata have no usable ${name}`, toOperators);
}

export function noProofOfCode(): ConnectError {
  return fault(
    "OAUTH_DISCOVERY_FAILED",
    "the authorization server does not take PKCE with S256, without which a login code can be stolen",
    toOperators,
  );
}

/** `error` and `description` are the server's words; `step` names the request. */
export function refused(step: string, error: string, description?: string): ConnectError {
  const code = /^[\w.-]{1,40}$/.test(error) && !looksSecret(error) ? error : "an error without a usable name";
  const line = oneLine(description ?? "", 160);
  const why = line === "" || looksSecret(line) ? "" : `: ${line}`;
  return fault("OAUTH_REFUSED", `the authorization server refused ${step} (${code})${why}`, remedyFor(error));
}

function remedyFor(error: string): string {
  switch (error) {
    case "invalid_client":
    case "unauthorized_client":
      return "check --client-id, and --client-secret, --client-key or the client certificate that proves it";
    case "invalid_scope":
      return "name a scope that the server knows, with --scope";
    case "access_denied":
      return "log in again and agree, or ask the server's operators for access";
    case "invalid_redirect_uri":
      return "register http://127.0.0.1/callback for this client, or use the port that is registered: --callback-port";
    default:
      return "log in again; if it keeps happening, show this to the operators of the server";
  }
}

export function badAnswer(step: string, problem: string): ConnectError {
  return fault("OAUTH_REFUSED", `the authorization server answered ${step} with ${problem}`, toOperators);
}

export function unknownTokenType(step: string): ConnectError {
  return badAnswer(step, "a token of a kind that is not known");
}

export function noRegistration(): ConnectError {
  return fault(
    "OAUTH_REFUSED",
    "the authorization server does not register clients by itself, and no client id is given",
    "ask its operators for a client id, and pass it: --client-id ID",
  );
}

/** What a client without a user may show. */
export const anyProof = "a client id with a secret, a key or a certificate";

export function noProof(method: string): ConnectError {
  return fault(
    "OAUTH_REFUSED",
    `the authorization server wants ${/^[\w, ]{1,120}$/.test(method) ? method : "another proof"} of this client`,
    "pass --client-secret or --client-key, or let an identity name the authorization server's host",
  );
}

export function badKey(): ConnectError {
  return fault(
    "KEY_FILE_INVALID",
    "--client-key holds no private key that can sign",
    "give a PKCS#8 PEM or a JWK: an RSA key, one on P-256, P-384 or P-521, or Ed25519",
    "local",
  );
}

export function wrongIssuer(): ConnectError {
  return fault(
    "OAUTH_LOGIN_INCOMPLETE",
    "the browser came back from another authorization server than the one that was asked (iss)",
    "do not log in by links that others send you; if it keeps happening, show this to the operators of the server",
  );
}

/** Told once, while the wait goes on. */
export const strangerCame = (): string =>
  "a browser came back with the answer to another login (state), which is ignored; the URL above is still good";

export function wrongState(): ConnectError {
  return fault(
    "OAUTH_LOGIN_INCOMPLETE",
    "the browser came back with the answer to another login (state)",
    "log in again, and use the URL that was printed last",
  );
}

export function tooLate(seconds: number): ConnectError {
  return fault(
    "OAUTH_LOGIN_INCOMPLETE",
    `nobody finished the login in the browser within ${seconds} seconds`,
    "send the request again, and open the URL that is printed on this machine",
    "local",
  );
}

export function portInUse(port: number): ConnectError {
  return fault(
    "OAUTH_LOGIN_INCOMPLETE",
    `port ${port}, which the browser is to come back to, is in use`,
    "end the program that has it, or pick another one that is registered for this client: --callback-port",
    "local",
  );
}

export function cannotListen(code: string): ConnectError {
  return fault(
    "OAUTH_LOGIN_INCOMPLETE",
    `cannot listen on 127.0.0.1 for the browser to come back${inParentheses(code)}`,
    "let this program listen on loopback, or log in without a user: --grant client_credentials",
    "local",
  );
}

/** The server refuses what its authorization server has just given. */
export function tokenRefused(host: string): ConnectError {
  return fault(
    "OAUTH_TOKEN_REFUSED",
    `${host} refuses the access token that its authorization server has just given`,
    `${toOperators}; to forget the login: sallyport mcp logout URL`,
  );
}

export function scopeRefused(host: string, scope: string): ConnectError {
  const names = /^[\w:./ -]{1,200}$/.test(scope) && !looksSecret(scope) ? `the scope ${scope}` : "a scope";
  return fault(
    "OAUTH_TOKEN_REFUSED",
    `${host} wants ${names}, which was asked for and not granted`,
    "ask the server's operators for this permission",
  );
}
