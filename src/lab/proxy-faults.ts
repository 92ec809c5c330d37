import type { Socket } from "node:net";
import { listenOnly, sayAndLeave } from "./origin-faults.js";
import type { Answer } from "./answers.js";
import type { ProxyFault } from "./types.js";

const SSH_BANNER = "SSH-2.0-OpenSSH_9.6\r\n";

/** Faults before a word was read. True when the fault has taken the connection over. */
export function faultAtAccept(fault: ProxyFault | undefined, raw: Socket): boolean {
  if (fault?.kind !== "dead") return false;
  listenOnly(raw);
  return true;
}

/** Faults on a connection that is up. True when the fault has taken the connection over. */
export function faultAtConnection(fault: ProxyFault | undefined, socket: Socket): boolean {
  if (fault?.kind !== "not-http") return false;
  // SSH speaks first, and goes when it is not understood.
  socket.write(SSH_BANNER);
  socket.once("data", () => sayAndLeave(socket, "Invalid SSH identification string.\r\n"));
  return true;
}

/** What faults do in place of an answer. */
const atAnswer: Partial<Record<ProxyFault["kind"], (socket: Socket, raw: Socket) => void>> = {
  silent: listenOnly,
  dead: listenOnly,
  close: (socket) => socket.destroySoon(),
  reset: (_socket, raw) => raw.resetAndDestroy(),
  "not-http": (socket) => sayAndLeave(socket, SSH_BANNER),
  "half-head": (socket) => {
    socket.write("HTTP/1.1 200 Connection estab");
    listenOnly(socket);
  },
  "huge-head": (socket) => {
    socket.write("HTTP/1.1 200 Connection established\r\n");
    listenOnly(socket);
    writeForEver(socket);
  },
};

/** Faults in place of an answer to a request or greeting. True when the fault has taken the connection over. */
export function faultAtAnswer(fault: ProxyFault | undefined, socket: Socket, raw: Socket): boolean {
  const act = fault === undefined ? undefined : atAnswer[fault.kind];
  act?.(socket, raw);
  return act !== undefined;
}

/** The HTTP answer that a fault puts in place of the right one. */
export function faultyAnswer(fault: ProxyFault | undefined): Answer | undefined {
  if (fault?.kind === "status") {
    return {
      status: fault.status,
      reason: fault.reason,
      headers: Object.entries(fault.headers ?? {}),
      body: fault.body ?? "",
    };
  }
  if (fault?.kind === "auth") {
    const challenge = (scheme: string) => (scheme.toLowerCase() === "basic" ? 'Basic realm="lab"' : scheme);
    return {
      status: 407,
      headers: fault.schemes.map((scheme) => ["Proxy-Authenticate", challenge(scheme)] as const),
      body: "login required\n",
    };
  }
  return undefined;
}

/** As fast as the peer reads. */
function writeForEver(socket: Socket): void {
  const filler = Buffer.from(`X-Filler: ${"f".repeat(1000)}\r\n`.repeat(16));
  const more = () => {
    while (socket.writable && socket.write(filler));
  };
  socket.on("drain", more);
  more();
}
