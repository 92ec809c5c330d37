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

/** Faults in place of an answer to a request or greeting. True when the fault has taken the connection over. */
export function faultAtAnswer(fault: ProxyFault | undefined, socket: Socket, raw: Socket): boolean {
  switch (fault?.kind) {
    case "silent":
    case "dead":
      listenOnly(socket);
      return true;
    case "close":
      socket.destroySoon();
      return true;
    case "reset":
      raw.resetAndDestroy();
      return true;
    case "not-http":
      sayAndLeave(socket, SSH_BANNER);
      return true;
    case "half-head":
      socket.write("HTTP/1.1 200 Connection estab");
      listenOnly(socket);
      return true;
    case "huge-head":
      socket.write("HTTP/1.1 200 Connection established\r\n");
      listenOnly(socket);
      writeForEver(socket);
      return true;
    default:
      return false;
  }
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
