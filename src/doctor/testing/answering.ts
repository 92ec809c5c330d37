import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import type { Authority } from "../../lab/ca.js";

export interface Answering extends AsyncDisposable {
  readonly port: number;
  /** Of whoever is asked next. */
  answer: (response: ServerResponse) => void;
}

export interface AnsweringOptions {
  /** Who issued its certificate; without one it speaks plain http. */
  readonly issuer?: Authority;
  readonly tls?: ServerOptions;
}

/** A server on loopback (`localhost`) that answers as it is told, whatever it is asked. */
export async function answering({ issuer, tls }: AnsweringOptions = {}): Promise<Answering> {
  let answer = (response: ServerResponse): void => void response.end();
  const listener: RequestListener = (_request, response) => answer(response);
  const server = issuer === undefined ? createServer(listener) : await overTls(issuer, listener, tls);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get answer() {
      return answer;
    },
    set answer(next) {
      answer = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function overTls(issuer: Authority, listener: RequestListener, options: ServerOptions = {}): Promise<Server> {
  const { chain, key } = await issuer.issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
  return createTlsServer({ cert: chain, key, ...options }, listener);
}
