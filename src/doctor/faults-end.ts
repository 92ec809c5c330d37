import { codeOf, inParentheses } from "../base/error-code.js";
import { ConnectError } from "../base/errors.js";
import { authority, startsLikeTls } from "../dial/index.js";
import { type Answer, NoAnswer } from "./answer.js";
import type { Observation } from "./observation.js";

/** What ended the connection where an answer should have come. */
export function noAnswerFault(error: unknown, observation: Observation): ConnectError {
  const known = observation.explain();
  if (known !== undefined) return known;
  const hop = hopOf(observation);
  const who = speaker(observation);
  if (error instanceof NoAnswer) {
    return new ConnectError("HTTP_TIMEOUT", {
      hop,
      message: `${who} accepted the request and did not answer (${error.message})`,
      remedy: `check that the server is healthy${orInspected(observation)}`,
      cause: error,
    });
  }
  const code = codeOf(error);
  if (code === "HPE_HEADER_OVERFLOW") return headTooLarge(error, observation);
  if (code.startsWith("HPE_")) return notHttp(error, observation);
  return new ConnectError("HTTP_CLOSED", {
    hop,
    message: `${who} closed the connection instead of answering${inParentheses(code)}`,
    remedy: `try again; if it keeps happening, ask the administrators of that server or of the proxy in front of it${orInspected(observation)}`,
    cause: error,
  });
}

/** An answer that began and did not come to its end. */
export function cutFault({ cut, status }: Answer, observation: Observation): ConnectError | undefined {
  if (cut === undefined) return undefined;
  const { came, announced, error } = cut;
  const known = observation.explain();
  // The record layer's faults are told as such; a reset says no more than that the end is missing.
  if (known !== undefined && known.code !== "TCP_RESET") return known;
  const howMuch =
    announced === undefined ? `${came} octets came, and no end of them` : `${came} of ${announced} octets came`;
  return new ConnectError("HTTP_CLOSED", {
    hop: hopOf(observation),
    message: `${speaker(observation)} ${known === undefined ? "closed" : "reset"} the connection in the middle of its answer (${status}): ${howMuch}`,
    remedy: `try again; if it breaks off at the same place, a proxy or filter on the way may cut it, or the server: ask the administrators of both`,
    cause: error,
  });
}

/** What servers say to a plain request on a port of TLS: nginx, Apache, Go, Node behind some front ends. */
const wantsTls =
  /plain http request was sent to https port|speaking plain http to an ssl|http request to an https server/i;

/** The page of a server that was asked without TLS and speaks it. */
export function tlsWanted({ status, text }: Answer, observation: Observation): ConnectError | undefined {
  return mayBeTls(observation) && status === 400 && wantsTls.test(text) ? speaksTls(observation) : undefined;
}

/** The target itself was asked in plain HTTP, and no proxy of its kind answers for it. */
export function mayBeTls({ isTls, proxy }: Observation): boolean {
  return !isTls && proxy === undefined;
}

/** An http:// URL whose port speaks TLS. */
export function speaksTls(observation: Observation, cause?: unknown): ConnectError {
  const { target, url } = observation;
  return new ConnectError("HTTP_INVALID", {
    hop: "target",
    message: `${target} speaks TLS, and the URL says http://`,
    remedy: `write https://${url.host}${url.pathname}`,
    cause,
  });
}

/** Programs have the same bound: Node's, which undici takes over. */
function headTooLarge(error: unknown, observation: Observation): ConnectError {
  return new ConnectError("HTTP_INVALID", {
    hop: hopOf(observation),
    message: `the head of the answer of ${speaker(observation)} is larger than 16 KiB, which Node reads at the most`,
    remedy:
      "have the server send fewer or shorter header fields (cookies, policies); until then set NODE_OPTIONS=--max-http-header-size=65536 for programs on Node",
    cause: error,
  });
}

function notHttp(error: unknown, observation: Observation): ConnectError {
  const bytes = rawPacketOf(error);
  if (mayBeTls(observation) && bytes !== undefined && startsLikeTls(bytes)) return speaksTls(observation, error);
  return new ConnectError("HTTP_INVALID", {
    hop: hopOf(observation),
    message: `${speaker(observation)} answers with something that is not HTTP (${codeOf(error)})`,
    remedy: "check the port: another service listens there",
    cause: error,
  });
}

/** What Node's parser stumbled over. */
function rawPacketOf(error: unknown): Buffer | undefined {
  if (!(error instanceof Error) || !("rawPacket" in error)) return undefined;
  return Buffer.isBuffer(error.rawPacket) ? error.rawPacket : undefined;
}

function hopOf({ proxy }: Observation): "proxy" | "target" {
  return proxy === undefined ? "target" : "proxy";
}

function speaker({ proxy, target }: Observation): string {
  return proxy === undefined ? target : `the proxy ${authority(proxy)}`;
}

/** Silence proves nothing, but some inspectors are silent where the server wants a certificate that they do not have. */
function orInspected({ connection, issuer, asked }: Observation): string {
  if (connection.identity === undefined || !issuer.inspector || asked === true) return "";
  return `; if it requires the client certificate, which "${issuer.name}" cannot show to it, have this host exempted from inspection`;
}
