import { putMethod } from "../../base/own-method.js";
import { formatAuthority, readAuthority } from "../../base/hostname.js";
import type { ForwardedRequest, HttpTarget } from "../../dial/types.js";
import { absoluteForm } from "../absolute-form.js";
import type { NodeRequest } from "./node-agent.js";

/**
 * Rewrites a request for a proxy that reads it itself: the whole URL as its target (RFC 9112 section 3.2.2), and the login for
 * this proxy. The head has often been written down already, since that happens at the first `write` or `end` of the caller.
 *
 * The login is in what is sent, and nowhere else: a request hangs on the errors of some clients, which programs print.
 * @throws {ConnectError} CONFIG_INVALID where the path names another host
 */
export function toAbsoluteForm(request: NodeRequest, target: HttpTarget, forwarded: ForwardedRequest): void {
  const authority = formatAuthority(target, "http:");
  const uri = absoluteForm(authority, request.path, request.method);
  if (request._header !== null) {
    rewriteHead(request, { uri, authority, forwarded });
    return;
  }
  const writeHead = request._implicitHeader;
  putMethod(request, "_implicitHeader", () => {
    writeHead.call(request);
    rewriteHead(request, { uri, authority, forwarded });
  });
}

interface Rewriting {
  /** What is to stand in the head's first line, in the place of the path; the request's own `path` stays, since programs print it. */
  readonly uri: string;
  readonly authority: string;
  readonly forwarded: ForwardedRequest;
}

function rewriteHead(request: NodeRequest, { uri, authority, forwarded }: Rewriting): void {
  const head = request._header ?? "";
  const lineEnd = head.indexOf("\r\n");
  const line = head.slice(0, lineEnd).replace(` ${request.path} `, () => ` ${uri} `);
  const fields = withHost(head.slice(lineEnd), authority);
  const shown = `${line}${fields}`;
  const login = forwarded.headers({ method: request.method, uri });
  const added = Object.entries(login).map(([name, value]) => `\r\n${name}: ${value}`);
  const sent = `${line}${added.join("")}${fields}`;
  request._header = shown;
  if (!request._headerSent) {
    sendInstead(request, sent);
    return;
  }
  // Whatever the caller has written so far waits behind the head, in the same string or the next chunk.
  const first = request.outputData[0];
  if (first !== undefined && typeof first.data === "string" && first.data.startsWith(head)) {
    first.data = sent + first.data.slice(head.length);
  }
}

/**
 * A Host that names the same place in another spelling says what the target says (RFC 9112 section 3.2), and no zone. One that names
 * another host is the caller's own wish.
 */
function withHost(fields: string, authority: string): string {
  return fields.replace(/(?<=\r\nhost: *)[^\s][^\r]*/i, (given) => {
    const named = readAuthority(given, "http:");
    return named !== undefined && formatAuthority(named, "http:") === authority ? authority : given;
  });
}

/**
 * Headers that were given as a list are written down when the request is made, and sent at the first `write` or `end`, which may
 * come long after there is a socket.
 */
function sendInstead(request: NodeRequest, head: string): void {
  const send = request._send;
  putMethod(request, "_send", (...written) => {
    const shown = request._header;
    request._send = send;
    request._header = head;
    try {
      return send.apply(request, written);
    } finally {
      request._header = shown;
    }
  });
}
