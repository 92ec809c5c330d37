import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Exchange } from "./exchange.js";
import type { Connection } from "./listener.js";
import type { OriginFault } from "./types.js";

/** What faults below TLS do with a connection. */
const atAccept: Partial<Record<OriginFault, (raw: Socket) => void>> = {
  silent: listenOnly,
  reset: (raw) => raw.once("data", () => raw.resetAndDestroy()),
  "not-tls": (raw) =>
    raw.once("data", () =>
      sayAndLeave(
        raw,
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThis port speaks plain HTTP.\n",
      ),
    ),
};

/** Faults below TLS. True when the fault has taken the connection over. */
export function faultAtAccept(fault: OriginFault | undefined, raw: Socket): boolean {
  const act = fault === undefined ? undefined : atAccept[fault];
  act?.(raw);
  return act !== undefined;
}

/** Faults on a connection that is up. True when the fault has taken the connection over. */
export function faultAtConnection(fault: OriginFault | undefined, socket: Socket): boolean {
  if (fault !== "not-http") return false;
  socket.once("data", () => speakOtherwise(socket));
  return true;
}

/** Faults in answering a request. True when the fault has taken the request over. */
export async function faultAtRequest(fault: OriginFault | undefined, exchange: Exchange): Promise<boolean> {
  const { connection } = exchange;
  switch (fault) {
    case "silent":
    case "never-answers":
      exchange.request.resume();
      return true;
    case "reset":
      connection.raw.resetAndDestroy();
      return true;
    case "close-before-answer":
      // The body first, since closing on unread octets would send a reset.
      await exchange.body();
      hangUp(connection);
      return true;
    case "not-http":
      speakOtherwise(connection.socket);
      return true;
    case "cut-body":
      await cutBody(exchange);
      return true;
    case "stalled-stream":
      exchange.stalls = true;
      return false;
    case "nginx-400": {
      const page = nginxRefusal(connection);
      if (page !== undefined) exchange.send(400, "text/html", page, { server: "nginx" });
      return page !== undefined;
    }
    case "block-page":
      exchange.send(200, "text/html; charset=utf-8", BLOCK_PAGE);
      return true;
    case "close-after-answer":
      exchange.gone.addEventListener("abort", () => hangUp(connection), { once: true });
      return false;
    case "not-tls":
    case undefined:
      return false;
  }
}

/** Faults in answering a WebSocket's upgrade. True when the fault has taken the connection over. */
export function faultAtUpgrade(fault: OriginFault | undefined, connection: Connection): boolean {
  const { socket, raw } = connection;
  switch (fault) {
    case "silent":
    case "never-answers":
      listenOnly(socket);
      return true;
    case "reset":
      raw.resetAndDestroy();
      return true;
    case "close-before-answer":
      socket.destroySoon();
      return true;
    case "not-http":
      speakOtherwise(socket);
      return true;
    case "cut-body":
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: web", () => raw.resetAndDestroy());
      return true;
    case "block-page":
      writePage(socket, "200 OK", BLOCK_PAGE);
      return true;
    case "nginx-400": {
      const page = nginxRefusal(connection);
      if (page !== undefined) writePage(socket, "400 Bad Request", page);
      return page !== undefined;
    }
    case "stalled-stream":
    case "close-after-answer":
    case "not-tls":
    case undefined:
      return false;
  }
}

/** Reads, so that the peer can go away and be noticed, and never says a word. */
export function listenOnly(socket: Socket): void {
  socket.resume();
  socket.once("end", () => socket.destroy());
}

/** The last that is heard from this end. */
export function sayAndLeave(socket: Socket, words: string): void {
  socket.write(words);
  socket.destroySoon();
}

const speakOtherwise = (socket: Socket): void => sayAndLeave(socket, "220 mail.lab.test ESMTP\r\n");

function writePage(socket: Socket, status: string, page: string): void {
  sayAndLeave(
    socket,
    `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nContent-Length: ${Buffer.byteLength(page)}\r\nConnection: close\r\n\r\n${page}`,
  );
}

function hangUp(connection: Connection): void {
  // HTTP/2 has taken the TLS socket over, and would announce the end with GOAWAY.
  if (connection.tls?.alpn === "h2") connection.raw.destroy();
  else connection.socket.destroySoon();
}

async function cutBody(exchange: Exchange): Promise<void> {
  const half = Buffer.alloc(1000, "half of it\n");
  exchange.begin(200, { "content-type": "text/plain", "content-length": 2 * half.length });
  await exchange.write(half);
  // Some systems throw received octets away when a reset comes after them; the half shall arrive.
  await pause(20);
  exchange.connection.raw.resetAndDestroy();
}

/** nginx lets every certificate through the handshake, and refuses by a page of its own with status 400. */
function nginxRefusal(connection: Connection): string | undefined {
  if (connection.peer !== undefined && connection.authorized) return undefined;
  const text = connection.peer === undefined ? "No required SSL certificate was sent" : "The SSL certificate error";
  const head = `<html>\r\n<head><title>400 ${text}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n`;
  return `${head}<center>${text}</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
}

const BLOCK_PAGE = `<!DOCTYPE html>
<html><head><title>Web Page Blocked</title></head>
<body><h1>Web Page Blocked</h1>
<p>Access to this page has been blocked in accordance with company policy. Category: artificial-intelligence.</p>
<p>Lab Web Filter</p></body></html>
`;
