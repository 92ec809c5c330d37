import type { Socket } from "node:net";
import { codeOf } from "../base/error-code.js";
import type { ConnectError } from "../base/errors.js";
import type { System } from "../base/system.js";
import { AbortFlag, type Abortable } from "./abortable.js";
import { bounded } from "./bounded.js";
import { knownAddresses, resolveEndpoint } from "./dns.js";
import { authority, type Endpoint } from "./endpoint.js";
import { openTls } from "./own-sockets.js";
import { connectTcp } from "./tcp.js";
import { clearTimeout, setTimeout } from "../base/timers.js";

/** Milliseconds for each step of a probe. */
export const patience = 1000;

/**
 * Whether a port speaks TLS, whoever's certificate it shows: nothing is sent there but a ClientHello.
 * At most three seconds; a port that cannot be asked counts as one that does not.
 */
export function speaksTls(system: System, endpoint: Endpoint): Promise<boolean> {
  return probe(system, endpoint, (socket) => {
    const secure = openTls({ socket, host: endpoint.host, rejectUnauthorized: true });
    return new Promise<boolean>((resolve) => {
      secure.once("secureConnect", () => resolve(true));
      // Its certificate was read and judged, so that it does speak TLS; an error of the record layer says the opposite.
      secure.once("error", (error) =>
        resolve(Boolean(secure.authorizationError) || /CERT|ALTNAME|ISSUER|SIGN/.test(codeOf(error))),
      );
      secure.once("close", () => resolve(false));
    });
  });
}

/** Whether a port answers HTTP, to a request that asks for nothing and names nobody (RFC 9110 section 9.3.7). Bounds as above. */
export function speaksHttp(system: System, endpoint: Endpoint): Promise<boolean> {
  return probe(system, endpoint, (socket) => answersHttp(socket, endpoint));
}

/** The same of a port that is reached in another way. */
export async function speaksHttpOn(open: () => Promise<Socket>, endpoint: Endpoint): Promise<boolean> {
  try {
    return await asked(await open(), (socket) => answersHttp(socket, endpoint));
  } catch {
    return false;
  }
}

function answersHttp(socket: Socket, endpoint: Endpoint): Promise<boolean> {
  socket.write(`OPTIONS * HTTP/1.1\r\nHost: ${authority(endpoint)}\r\nConnection: close\r\n\r\n`);
  return firstBytes(socket, (answer) => answer.toString("latin1", 0, 5) === "HTTP/");
}

/** Whether a port takes the greeting of SOCKS 5 that offers no login (RFC 1928 section 3). Bounds as above. */
export function speaksSocks(system: System, endpoint: Endpoint): Promise<boolean> {
  return probe(system, endpoint, (socket) => {
    socket.write(Buffer.from([5, 1, 0]));
    return firstBytes(socket, startsLikeSocks);
  });
}

/** What a SOCKS 5 proxy begins with, whatever it was sent: its version, and a method or 0xff for none. */
export function startsLikeSocks(bytes: Buffer): boolean {
  return bytes[0] === 5 && bytes.length <= 2;
}

function firstBytes(socket: Socket, judge: (answer: Buffer) => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once("data", (answer: Buffer) => resolve(judge(answer)));
    socket.once("close", () => resolve(false));
  });
}

async function probe(system: System, endpoint: Endpoint, ask: (socket: Socket) => Promise<boolean>): Promise<boolean> {
  try {
    const addresses = knownAddresses(endpoint) ?? (await resolveEndpoint(system, endpoint, patience, undefined));
    return await asked((await connectTcp(addresses, endpoint, patience, undefined)).socket, ask);
  } catch {
    // A probe only adds to a fault that is told anyway.
    return false;
  }
}

function asked(socket: Socket, ask: (socket: Socket) => Promise<boolean>): Promise<boolean> {
  return bounded(
    patience,
    undefined,
    () => new Error("no answer"),
    () => ask(socket),
  ).finally(() => socket.destroy());
}

/** Silence for so long is worth a second connection to ask what the port speaks; most proxies have answered long before. */
const suspicious = 2000;

/**
 * Does `work`, and where it takes suspiciously long asks the port what it speaks: a port that waits for another protocol is
 * silent for ever, and is named within seconds, not when the whole wait is over.
 * @param wrong gives the fault where the port is found to speak something else
 */
export async function suspecting<T>(
  signal: Abortable | undefined,
  wrong: () => Promise<ConnectError | undefined>,
  work: (signal: Abortable) => Promise<T>,
): Promise<T> {
  const suspicion = new AbortFlag();
  const onAbort = (): void => suspicion.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => {
    void wrong().then((fault) => {
      if (fault !== undefined) suspicion.abort(fault);
    });
  }, suspicious);
  try {
    return await work(suspicion);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  }
}
