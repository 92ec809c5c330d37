import type { Socket } from "node:net";
import type { Connection } from "../../dial/index.js";

/** An intercepted connection whose upstream may want the client certificate only after a request (see dial/late-certificate.ts). */
export interface LateIntercept {
  /** As {@link Connection.late}. */
  readonly answered: (status: number, path: string) => boolean;
  /** A connection on which it can ask; undefined where there is none. */
  readonly dialAgain: () => Promise<{ readonly socket: Socket; readonly late: LateIntercept | undefined } | undefined>;
}

export function lateIntercept({ late }: Connection, dialOlder: () => Promise<Connection>): LateIntercept | undefined {
  if (late === undefined) return undefined;
  return {
    answered: (status, path) => late.answered(status, path),
    dialAgain: async () => {
      try {
        const other = await dialOlder();
        other.socket.on("error", () => undefined);
        return { socket: other.socket, late: lateIntercept(other, dialOlder) };
      } catch {
        // The answer that there is stands, whatever is in the way of another.
        return undefined;
      }
    },
  };
}

/** A whole request without a body, which may be sent twice (RFC 9110 section 9.2.2), and nothing behind it. */
const repeatable =
  /^(?:GET|HEAD|OPTIONS|TRACE|PUT|DELETE) [^\r\n]* HTTP\/1\.[01]\r\n(?:(?!content-length: *0*[1-9]|transfer-encoding:)[^\r\n]+\r\n)*\r\n$/i;

/** Whether the first answer of a connection is one that may be another where the server can ask for the certificate. */
export function isWorthAnother(late: LateIntercept, said: readonly Buffer[], answer: Buffer): boolean {
  const request = Buffer.concat(said).toString("latin1");
  const path = /^[A-Z]+ (\S+) HTTP\/1\.[01]\r\n/.exec(request)?.[1];
  const status = /^HTTP\/1\.[01] (\d{3}) /.exec(answer.toString("latin1", 0, 16))?.[1];
  if (path === undefined || status === undefined) return false;
  return late.answered(Number(status), path) && repeatable.test(request);
}
