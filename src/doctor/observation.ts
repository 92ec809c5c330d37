import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ConnectError } from "../base/errors.js";
import {
  askedForCertificate,
  cannotAsk,
  connectionFault,
  issuerName,
  looksLikeInspector,
  type Endpoint,
} from "../dial/index.js";
import type { Connection } from "../dial/types.js";
import type { TrustBundle } from "../trust/types.js";

/** Who signed what the far end showed. */
export interface Issuer {
  readonly name: string;
  /** By its name, a box that opens TLS on the way. */
  readonly inspector: boolean;
  /** The chain ends in an authority that a file added, not a public one. */
  readonly extra: boolean;
}

/** All that is known of a connection when its answer is judged. */
export interface Observation {
  readonly connection: Connection;
  /** `host:port` */
  readonly target: string;
  /** The proxy that answers for an http:// target. */
  readonly proxy: Endpoint | undefined;
  readonly prefix: string;
  readonly issuer: Issuer;
  /** Whether the server has asked for a client certificate by now; undefined where that cannot be known. */
  readonly asked: boolean | undefined;
  /** It did so only when it had read the request (a renegotiation, TLS 1.2). */
  readonly askedLate: boolean;
  /** By this TLS, it could not do that. */
  readonly cannotAsk: boolean;
  /** What dial found out about the end of this connection. */
  readonly explain: () => ConnectError | undefined;
}

export function observe(connection: Connection, target: string, prefix: string, trust: TrustBundle): Observation {
  const last = connection.forward === undefined ? undefined : connection.route.hops.at(-1);
  const proxy: Endpoint | undefined =
    last === undefined ? undefined : { hop: "proxy", host: last.host, port: last.port };
  const base = { connection, target, proxy, prefix, explain: () => connectionFault(connection.socket) };
  if (!isTls(connection.socket))
    return {
      ...base,
      issuer: { name: "", inspector: false, extra: false },
      asked: undefined,
      askedLate: false,
      cannotAsk: false,
    };
  const { socket } = connection;
  const leaf = socket.getPeerX509Certificate();
  // A resumed handshake asks for nothing again.
  const asked = socket.isSessionReused() ? undefined : askedForCertificate(socket);
  let askedLate = false;
  // Emitted again at the end of each renegotiation; later, the socket can no more be asked.
  socket.on("secureConnect", () => (askedLate = asked !== true && askedForCertificate(socket)));
  return {
    ...base,
    issuer: {
      name: leaf === undefined ? "an unknown authority" : issuerName(leaf.issuer),
      inspector: leaf !== undefined && looksLikeInspector(leaf.issuer),
      extra: leaf !== undefined && endsInExtra(leaf, trust),
    },
    get asked() {
      return askedLate || asked;
    },
    get askedLate() {
      return askedLate;
    },
    cannotAsk: cannotAsk(socket, asked === true),
  };
}

export const isTls = (socket: Socket | TLSSocket): socket is TLSSocket => "encrypted" in socket;

/** Whether an authority out of a file signed the chain, at any of its steps. */
function endsInExtra(leaf: X509Certificate, trust: TrustBundle): boolean {
  const extra = trust.extra.map((pem) => new X509Certificate(pem));
  const seen = new Set<string>();
  for (
    let link: X509Certificate | undefined = leaf;
    link !== undefined && !seen.has(link.fingerprint256);
    link = link.issuerCertificate
  ) {
    seen.add(link.fingerprint256);
    const step = link;
    if (extra.some((authority) => authority.fingerprint256 === step.fingerprint256 || step.checkIssued(authority)))
      return true;
  }
  return false;
}
