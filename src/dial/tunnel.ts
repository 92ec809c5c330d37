import type { Socket } from "node:net";
import type { Abortable } from "./abortable.js";
import { bounded } from "./bounded.js";
import { authority, type Endpoint } from "./endpoint.js";
import { gatewayFault } from "./faults-gateway.js";
import { rejected } from "./login/faults.js";
import type { RequestLine } from "./login/digest.js";
import type { LoginAttempt, Sending } from "./login/login-attempt.js";
import { skipBody } from "./login/skip-body.js";
import type { LoginUse } from "./proxy-login.js";
import { ResponseHeadReader, type ResponseHead } from "./response-head.js";
import { connectionFault } from "./watch.js";
import { noHttp, proxyClosed, proxySilent, refusal, spokeFirst } from "./faults-tunnel.js";

export interface TunnelRequest {
  readonly proxy: Endpoint;
  readonly target: Pick<Endpoint, "host" | "port">;
  /** The configured user and password, with what everyone in this process knows of them. */
  readonly login: LoginUse | undefined;
  /** The login at this proxy, which may have begun on another connection. */
  readonly attempt: LoginAttempt;
  /** What follows the answer may be the target's first words: SSH, SMTP and databases begin with the server. Default false: the client begins. */
  readonly serverMayBegin?: boolean;
  readonly ms: number;
  readonly signal: Abortable | undefined;
}

/**
 * Asks the proxy for a tunnel (RFC 9110 section 9.3.6), and logs in where it asks for that. Any 2xx opens it. The socket is destroyed
 * where the answer is a refusal.
 * @returns undefined where the login goes on on another connection, and this one is of no use
 */
export function openTunnel(socket: Socket, request: TunnelRequest): Promise<ResponseHead | undefined> {
  return withinBounds(socket, request, () => negotiate(socket, request));
}

/** Whatever comes of it, the login's other users are told, and a socket that it failed on is of no use to anybody. */
async function withinBounds<T>(
  socket: Socket,
  { proxy, ms, signal, login }: TunnelRequest,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await bounded(ms, signal, () => proxySilent(proxy, ms), work);
  } catch (error) {
    login?.unanswered();
    socket.destroy();
    throw error;
  }
}

async function negotiate(socket: Socket, request: TunnelRequest): Promise<ResponseHead | undefined> {
  const { proxy, target, login, attempt } = request;
  const line = { method: "CONNECT", uri: authority(target) };
  const first = attempt.first(line);
  // No turn of the loop is lost where there is nothing to wait for.
  for (let value = typeof first === "object" ? await first : first; ;) {
    const { head, next } = await askOnce(socket, request, line, value);
    if (next === undefined) {
      login?.answered(head.status);
      if (head.status < 200 || head.status > 299) throw refusal(head, proxy, target, login !== undefined);
      attempt.accepted();
      // RFC 9110 section 9.3.6: what follows a 2xx belongs to the tunnel. Where it is the client's to begin nobody has spoken there yet.
      if (head.rest.length > 0 && request.serverMayBegin !== true) throw spokeFirst(proxy);
      if (head.rest.length > 0) socket.unshift(head.rest);
      return head;
    }
    if (!(await skipBody(socket, head))) {
      attempt.move(next);
      return undefined;
    }
    value = next.value;
  }
}

/**
 * One request, and what the login goes on with where its answer asks for one.
 * @throws {ConnectError} where the login cannot go on
 */
async function askOnce(
  socket: Socket,
  { proxy, target, login, attempt }: TunnelRequest,
  line: RequestLine,
  value: string | undefined,
): Promise<{ readonly head: ResponseHead; readonly next?: Sending }> {
  const answer = readHead(socket, proxy);
  socket.write(requestHead(line, authority(target), value), "latin1");
  const head = await answer;
  if (!wantsLogin(head, proxy)) return { head };
  const next = await attempt.answer(offeredBy(head), line);
  if (next.kind === "fault") throw next.fault;
  if (next.kind === "send") return { head, next };
  login?.refused(attempt.offer);
  throw rejected(proxy, login?.helperName);
}

/**
 * Logs in on a connection for requests in absolute form, by a scheme whose messages belong to one connection. What comes first goes with a
 * HEAD, which the proxy answers itself; what ends it is left to the first real request.
 * @returns what that request is to carry; `elsewhere` where the login goes on on another connection
 */
export function logInAhead(socket: Socket, request: TunnelRequest): Promise<string | undefined> {
  return withinBounds(socket, request, () => askAhead(socket, request));
}

/** For `logInAhead`: no value of a header field has such a form. */
export const elsewhere = "elsewhere";

async function askAhead(socket: Socket, request: TunnelRequest): Promise<string | undefined> {
  const { target, attempt } = request;
  const line = { method: "HEAD", uri: `http://${authority(target)}/` };
  let value = await attempt.first(line);
  while (value !== undefined && attempt.scheme === "ntlm") {
    const { head, next } = await askOnce(socket, request, line, value);
    // Not asked of everyone, or not of this connection.
    if (next === undefined) return undefined;
    if (!head.keepsConnection || head.rest.length > 0) {
      attempt.move(next);
      return elsewhere;
    }
    value = next.value;
    if (next.here) break;
  }
  return value;
}

function requestHead({ method, uri }: RequestLine, host: string, authorization: string | undefined): string {
  // Some filters turn away a CONNECT without a User-Agent, or without a wish to keep the connection.
  const lines = [`${method} ${uri} HTTP/1.1`, `Host: ${host}`, "User-Agent: sallyport", "Proxy-Connection: Keep-Alive"];
  if (authorization !== undefined) lines.push(`Proxy-Authorization: ${authorization}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Some say it with 401, as if they were the target: nobody has reached that one yet. */
function wantsLogin(head: ResponseHead, proxy: Endpoint): boolean {
  if (head.status === 407) return gatewayFault(head, proxy) === undefined;
  return head.status === 401 && (head.headers.has("www-authenticate") || head.headers.has("proxy-authenticate"));
}

function offeredBy({ status, headers }: ResponseHead): string {
  const fields = [headers.get("proxy-authenticate"), status === 401 ? headers.get("www-authenticate") : undefined];
  return fields.filter((field) => field !== undefined).join(", ");
}

function readHead(socket: Socket, proxy: Endpoint): Promise<ResponseHead> {
  return new Promise((resolve, reject) => {
    const reader = new ResponseHeadReader();
    const finish = (): void => {
      socket.removeListener("readable", onReadable);
      socket.removeListener("end", onEnd);
      socket.removeListener("close", onClose);
    };
    // Not judged at the end of the stream: a TLS socket knows only when it closes that a certificate was wanted.
    const onEnd = (): void => void socket.destroy();
    const onClose = (): void => {
      finish();
      const fault = connectionFault(socket);
      // Whatever else the TLS below has to say comes to the same: the proxy went away.
      reject(fault?.stage === "client-cert" ? fault : proxyClosed(proxy, socket.errored ?? undefined, reader.bytes));
    };
    const onReadable = (): void => {
      const chunk: unknown = socket.read();
      if (!Buffer.isBuffer(chunk)) return;
      const head = reader.push(chunk);
      if (head === "incomplete") return;
      finish();
      if (head === "invalid") reject(noHttp(proxy, reader.bytes));
      else resolve(head);
    };
    // Not "data": a stream that has flowed stays paused for whoever comes next, one that was read by hand does not.
    socket.on("readable", onReadable);
    socket.once("end", onEnd);
    socket.once("close", onClose);
    if (socket.closed) onClose();
  });
}
