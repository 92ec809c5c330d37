import type { FaultCode } from "../base/codes.js";
import { ConnectError } from "../base/errors.js";
import { authority, quotePeer } from "../dial/index.js";
import type { Answer } from "./answer.js";
import { inspected } from "./faults-inspected.js";
import type { Observation } from "./observation.js";
import { elsewhere, isBlockPage, ownPage, serverTls, title, type ServerTls } from "./page.js";

/**
 * What a page that is not the server's own says: of a proxy that answers for an http:// target, of an inspector in its tunnel, of a
 * filter or a portal on the way. Undefined where the answer may be the server's.
 */
export function pageFault(answer: Answer, observation: Observation): ConnectError | undefined {
  if (answer.status === 511) return portal(observation, "(511)");
  const maker = ownPage(answer);
  if (maker !== undefined && maySpeakForServer(observation)) {
    const found = proxyPage(answer, observation, quotePeer(maker, 80));
    if (found !== undefined) return found;
  }
  // Nobody but the server can answer under a certificate of a public authority.
  if (!maySpeakForServer(observation) && !observation.issuer.extra) return undefined;
  if (isBlockPage(answer, observation.issuer.inspector)) return blockPage(answer, observation);
  const away = elsewhere(answer, observation.url);
  if (away?.kind === "block") return blocked(observation, `sent elsewhere: to ${quotePeer(away.to)}`);
  if (away?.kind === "portal" && !observation.isTls)
    return portal(observation, `with a redirect to ${quotePeer(away.to)} (${answer.status})`);
  return inspectorWords(answer, observation);
}

/** A proxy of an http:// target, whoever is on the way to one without, and who opens TLS on the way. */
function maySpeakForServer({ isTls, issuer }: Observation): boolean {
  return !isTls || issuer.inspector;
}

/** An inspector that does not say what it is, but whose page speaks of its own TLS with the server. */
function inspectorWords(answer: Answer, observation: Observation): ConnectError | undefined {
  if (!observation.issuer.inspector || answer.status < 500) return undefined;
  const tls = serverTls(answer.text);
  return tls && serverTlsFault(tls, observation, `HTTP ${answer.status}`);
}

function proxyPage(answer: Answer, observation: Observation, maker: string): ConnectError | undefined {
  const { status } = answer;
  const said = `${status}, ${maker}`;
  const tls = status >= 500 ? serverTls(answer.text) : undefined;
  if (tls !== undefined) return serverTlsFault(tls, observation, said);
  const { target } = observation;
  const who = speaker(observation);
  if (status === 403) {
    return fault("PROXY_FORBIDDEN", {
      message: `${who} does not allow ${target} (${said})`,
      remedy: `ask the proxy's administrators to allow ${target}`,
    });
  }
  if (status >= 500) {
    return fault("PROXY_BAD_GATEWAY", {
      message: `${who} cannot reach ${target} (${said})`,
      remedy:
        "check the target's name and port; if they are right, ask the proxy's administrators why it cannot reach it",
    });
  }
  const away = elsewhere(answer, observation.url);
  return away && blocked(observation, `sent elsewhere: to ${quotePeer(away.to)}`);
}

const serverFaults: Readonly<Record<ServerTls, readonly [FaultCode, string]>> = {
  expired: ["TLS_EXPIRED", "its certificate has expired"],
  "not-yet-valid": ["TLS_NOT_YET_VALID", "its certificate is not yet valid"],
  "self-signed": ["TLS_SELF_SIGNED", "it shows a certificate that it signed itself"],
  untrusted: ["TLS_UNTRUSTED_ISSUER", "the issuer of its certificate is not trusted there"],
  name: ["TLS_NAME_MISMATCH", "its certificate is for another name"],
  "unknown-name": ["TLS_NAME_MISMATCH", "there is nothing under that name"],
  revoked: ["TLS_UNTRUSTED_ISSUER", "its certificate was revoked"],
  "wants-certificate": ["CLIENT_CERT_REQUIRED", "it requires a client certificate"],
  version: ["TLS_VERSION", "they share no TLS version"],
  weak: ["TLS_WEAK", "its key or cipher is too weak"],
  "not-tls": ["TLS_NOT_TLS", "it answered, but not with TLS"],
  broken: ["TLS_RESET", "the handshake broke off"],
};

/** The server's fault, met by whoever opens its TLS on the way. */
function serverTlsFault(
  { what, words }: { readonly what: ServerTls; readonly words: string },
  observation: Observation,
  said: string,
): ConnectError {
  const { target, connection } = observation;
  if (what === "wants-certificate") {
    if (connection.identity !== undefined) return inspected(observation, `${said}: ${quotePeer(words)}`);
    return new ConnectError("CLIENT_CERT_REQUIRED", {
      hop: "target",
      message: `${target} requires a client certificate, which ${speaker(observation)} cannot show to it (${said}: ${quotePeer(words)})`,
      remedy: `have ${target} exempted from inspection, and set ${observation.prefix}_CLIENT_CERT and ${observation.prefix}_CLIENT_KEY`,
    });
  }
  const [code, meaning] = serverFaults[what];
  return new ConnectError(code, {
    hop: "target",
    message: `${speaker(observation)} cannot speak TLS with ${target}: ${meaning} (${said}: ${quotePeer(words)})`,
    remedy: remedyFor(what, observation),
  });
}

function remedyFor(what: ServerTls, { target, connection }: Observation): string {
  if (what === "untrusted" || what === "self-signed")
    return `ask the administrators of the inspecting proxy to trust the authority of ${target}, or the server's to have its whole chain sent: nothing that is set on this machine changes it`;
  if (what === "unknown-name" || what === "name")
    return `check the host name of ${target}; if it is right, have the server's administrators set it up for that name`;
  if (what === "broken" && connection.identity !== undefined)
    return `ask the server's administrators why it breaks off; if it requires a client certificate, have ${target} exempted from inspection`;
  return "have the server's administrators correct it: nothing that is set on this machine changes it";
}

/** Whoever made the page. */
function speaker({ proxy, issuer, isTls }: Observation): string {
  if (isTls) return `"${issuer.name}", which inspects the TLS on the way,`;
  return proxy === undefined ? "a proxy on the way" : `the proxy ${authority(proxy)}`;
}

function blockPage(answer: Answer, observation: Observation): ConnectError {
  const name = title(answer.text);
  return blocked(observation, `${answer.status}${name === undefined ? "" : `, "${quotePeer(name, 80)}"`}`);
}

function blocked({ target }: Observation, how: string): ConnectError {
  return fault("HTTP_BLOCK_PAGE", {
    message: `a filter on the way answers with a page of its own instead of ${target} (${how})`,
    remedy: `ask the network's administrators to allow ${target}; the page says more: open the URL in a browser`,
  });
}

function portal({ target }: Observation, how: string): ConnectError {
  return fault("CAPTIVE_PORTAL", {
    message: `the network answers in place of ${target}, and wants a login first ${how}`,
    remedy: "open any http:// page in a browser, and log in to the network there",
  });
}

function fault(code: FaultCode, { message, remedy }: { message: string; remedy: string }): ConnectError {
  return new ConnectError(code, { hop: "proxy", message, remedy });
}
