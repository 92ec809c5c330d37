import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { codeOf } from "../../base/error-code.js";
import { headTooLarge, notHttp, slowHead } from "../faults-requests.js";
import { faultAnswer, serializeAnswer, type Refusal } from "./answers.js";
import { lastWords } from "./last-answer.js";
import type { Unanswered } from "./unanswered.js";
import type { GatewayState } from "../types.js";

/** The token is between the client and the gateway: whoever forwards the request does not get to see it. */
export function hideAuthorization(request: IncomingMessage): void {
  const name = "proxy-authorization";
  for (let index = request.rawHeaders.length - 2; index >= 0; index -= 2) {
    if (request.rawHeaders[index]?.toLowerCase() === name) request.rawHeaders.splice(index, 2);
  }
  delete request.headers[name];
  delete request.headersDistinct[name];
}

/** The parser stops at an upgrade's head: content behind it would be taken for the new protocol's first bytes. */
export function contentOfUpgrade({ headers }: IncomingMessage): string | undefined {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && Number(length) !== 0)
    ? "a request for an upgrade must not have content here"
    : undefined;
}

/** Connections that were refused: the parser complains once more for every piece that still comes. */
const refused = new WeakSet<Duplex>();

/** Answers what node:http could not read (its event `clientError`), once, and ends the connection; in the middle of an answer it is cut. */
export function refuseUnreadable(error: Error, socket: Duplex, state: GatewayState, unanswered: Unanswered): void {
  if (refused.has(socket)) return;
  refused.add(socket);
  const refusal = refusalOf(codeOf(error));
  if (refusal === undefined || !socket.writable || unanswered.has(socket)) {
    socket.destroy();
    return;
  }
  state.refused(refusal.status, refusal.fault.message);
  lastWords(socket, serializeAnswer(faultAnswer(refusal.fault, { status: refusal.status, close: true })));
}

/** Undefined: there is nobody left to tell. */
function refusalOf(code: string): Refusal | undefined {
  switch (code) {
    case "ECONNRESET":
    case "EPIPE":
    case "HPE_INVALID_EOF_STATE":
      return undefined;
    case "HPE_HEADER_OVERFLOW":
      return headTooLarge();
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return slowHead();
    default:
      return notHttp();
  }
}
