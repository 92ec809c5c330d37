import { request, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Connection } from "../../dial/types.js";
import { Silence } from "./silence.js";

/** An answer whose body is not read yet, or the connection after an upgrade. */
export interface Exchange {
  readonly response: IncomingMessage;
  /** Where the server has switched protocols. */
  readonly upgraded: Duplex | undefined;
}

/**
 * Sends one GET over a connection to a target, which stays open.
 * @throws Silence after `patience` milliseconds without the head of an answer; else what the socket or the parser reported
 */
export async function exchange(
  { socket, forward }: Connection,
  url: URL,
  { headers, patience }: { readonly headers: Readonly<Record<string, string>>; readonly patience: number },
): Promise<Exchange> {
  const path = forward === undefined ? `${url.pathname}${url.search}` : `${url.origin}${url.pathname}${url.search}`;
  const forwarded = forward?.request({ host: url.hostname, port: Number(url.port || 80) });
  const own = { host: url.host, "user-agent": "sallyport-doctor", ...headers };
  return new Promise<Exchange>((resolve, reject) => {
    const sent = request({
      createConnection: () => socket,
      method: "GET",
      path,
      headers: { ...own, ...forwarded?.headers({ method: "GET", uri: path }) },
      setHost: false,
    });
    const timer = setTimeout(() => reject(new Silence(patience)), patience);
    const done = (response: IncomingMessage, upgraded?: Duplex): void => {
      clearTimeout(timer);
      forwarded?.answered(response.statusCode ?? 0, "");
      resolve({ response, upgraded });
    };
    sent.once("response", (response) => done(response));
    sent.once("upgrade", (response: IncomingMessage, upgraded: Duplex, head: Buffer) => {
      if (head.length > 0) upgraded.unshift(head);
      done(response, upgraded);
    });
    sent.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end();
  });
}
