import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { codeOf } from "../../base/error-code.js";
import { cannotListen, portInUse } from "./faults.js";

/** Waits on loopback for the browser to come back, once. */
export interface Callback {
  readonly redirectUri: string;
  /**
   * What stood in the URL that the browser came back with. Never rejects by itself. Any page can send a browser here: what does not know
   * the `state` of this login (RFC 6749 section 10.12) is refused, and spoils nothing.
   *
   * @param onStranger called for each such request
   */
  answer(state: string, onStranger: () => void): Promise<URLSearchParams>;
  /** What the browser shows then. */
  finish(text: string): void;
  close(): void;
}

interface Expected {
  readonly state: string;
  readonly onStranger: () => void;
  readonly arrived: (parameters: URLSearchParams) => void;
}

const path = "/callback";
const strangerPage =
  "This is not the answer to the login that is waited for. Open the URL that the program printed last.";

/**
 * @param port where it must be, or 0
 * @throws {ConnectError} OAUTH_LOGIN_INCOMPLETE where the port is taken
 */
export async function listenForCallback(port: number): Promise<Callback> {
  let expected: Expected | undefined;
  let waiting: ServerResponse | undefined;
  let isUsed = false;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    // Not `localhost`, which a name server could have another opinion of; and no page may read the answer by a name of its own.
    const isOurs = request.headers.host === `127.0.0.1:${address.port}` && request.method === "GET";
    if (!isOurs || url.pathname !== path || isUsed) return page(response, isUsed ? 410 : 404, "There is nothing here.");
    if (expected === undefined || url.searchParams.get("state") !== expected.state) {
      expected?.onStranger();
      return page(response, 400, strangerPage);
    }
    isUsed = true;
    waiting = response;
    expected.arrived(url.searchParams);
  };
  const server = http.createServer(handle);
  // The browser's own ways keep it open for minutes otherwise.
  server.keepAliveTimeout = 1;
  await listening(server, port);
  const address = server.address() as { port: number };
  return {
    redirectUri: `http://127.0.0.1:${address.port}${path}`,
    answer: (state, onStranger) => new Promise((arrived) => (expected = { state, onStranger, arrived })),
    finish(text) {
      if (waiting !== undefined) page(waiting, 200, text);
      waiting = undefined;
    },
    close() {
      server.close();
      server.closeIdleConnections();
      if (waiting === undefined) server.closeAllConnections();
    },
  };
}

function listening(server: http.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const code = codeOf(error);
      reject(port !== 0 && (code === "EADDRINUSE" || code === "EACCES") ? portInUse(port) : cannotListen(code));
    });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, resolve);
  });
}

function page(response: ServerResponse, status: number, text: string): void {
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>sallyport</title><p>${text}</p></html>`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'",
    // The code stands in this page's URL.
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    connection: "close",
  };
  response.writeHead(status, headers).end(body);
}
