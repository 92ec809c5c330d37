import type { Socket } from "node:net";
import type { Abortable } from "./abortable.js";
import { bounded } from "./bounded.js";
import { authority, type Endpoint } from "./endpoint.js";
import { basic, type LoginUse } from "./proxy-login.js";
import { ResponseHeadReader, type ResponseHead } from "./response-head.js";
import { connectionFault } from "./watch.js";
import { noHttp, proxyClosed, proxySilent, refusal, spokeFirst } from "./faults-tunnel.js";

export interface TunnelRequest {
  readonly proxy: Endpoint;
  readonly target: Pick<Endpoint, "host" | "port">;
  readonly login: LoginUse | undefined;
  readonly ms: number;
  readonly signal: Abortable | undefined;
}

/**
 * Asks the proxy for a tunnel (RFC 9110 section 9.3.6). Any 2xx opens it. The socket is destroyed where the answer is a
 * refusal.
 */
export async function openTunnel(socket: Socket, request: TunnelRequest): Promise<ResponseHead> {
  const { proxy, target, login } = request;
  const host = authority(target);
  // Some filters turn away a CONNECT without a User-Agent, or without a wish to keep the connection.
  const lines = [`CONNECT ${host} HTTP/1.1`, `Host: ${host}`, "User-Agent: sallyport", "Proxy-Connection: Keep-Alive"];
  if (login !== undefined) lines.push(`Proxy-Authorization: ${basic(login.credentials)}`);
  try {
    const head = await bounded(
      request.ms,
      request.signal,
      () => proxySilent(proxy, request.ms),
      () => {
        const answer = readHead(socket, proxy);
        socket.write(`${lines.join("\r\n")}\r\n\r\n`);
        return answer;
      },
    );
    login?.answered(head.status, head.headers.get("proxy-authenticate") ?? "");
    if (head.status < 200 || head.status > 299) throw refusal(head, proxy, target, login !== undefined);
    // RFC 9110 section 9.3.6: what follows a 2xx belongs to the tunnel, where nobody has spoken yet.
    if (head.rest.length > 0) throw spokeFirst(proxy);
    return head;
  } catch (error) {
    login?.unanswered();
    socket.destroy();
    throw error;
  }
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
