import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import type { ConnectError } from "../base/errors.js";
import { hostPortOf } from "../base/hostname.js";
import {
  askedForCertificate,
  authority,
  cannotAsk,
  connectionFault,
  issuerName,
  looksLikeInspector,
  type Endpoint,
} from "../dial/index.js";
import type { Connection, DialContext } from "../dial/types.js";
import type { TrustBundle } from "../trust/types.js";
import { isPublicHost } from "./public-hosts.js";

/** Who signed what the far end showed. */
export interface Issuer {
  readonly name: string;
  /** A box that opens TLS on the way: by its name, or since a private authority signs for a host that everybody knows. */
  readonly inspector: boolean;
  /** The chain ends in an authority that a file added, not a public one. */
  readonly extra: boolean;
  /** Bits of the RSA key that it signed, where that is too short for others than this Node. */
  readonly shortKey?: number | undefined;
}

/** All that is known of a connection when its answer is judged. */
export interface Observation {
  readonly connection: Connection;
  readonly url: URL;
  /** `host:port` */
  readonly target: string;
  readonly isTls: boolean;
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

export function observe(
  connection: Connection,
  url: URL,
  { policy: { prefix }, trust }: Pick<DialContext, "policy" | "trust">,
): Observation {
  const last = connection.forward === undefined ? undefined : connection.route.hops.at(-1);
  const proxy: Endpoint | undefined =
    last === undefined ? undefined : { hop: "proxy", host: last.host, port: last.port };
  const target = authority(hostPortOf(url));
  const encrypted = url.protocol === "https:";
  const base = {
    connection,
    url,
    target,
    isTls: encrypted,
    proxy,
    prefix,
    explain: () => connectionFault(connection.socket),
  };
  if (!isTls(connection.socket))
    return {
      ...base,
      issuer: { name: "", inspector: false, extra: false },
      asked: undefined,
      askedLate: false,
      cannotAsk: false,
    };
  const { socket } = connection;
  const chain = chainOf(socket);
  const [leaf] = chain;
  const extra = endsInExtra(chain, trust);
  // A resumed handshake asks for nothing again.
  const asked = socket.isSessionReused() ? undefined : askedForCertificate(socket);
  let askedLate = false;
  // Emitted again at the end of each renegotiation; later, the socket can no more be asked.
  socket.on("secureConnect", () => (askedLate = asked !== true && askedForCertificate(socket)));
  return {
    ...base,
    issuer: {
      name: leaf === undefined ? "an unknown authority" : issuerName(leaf.issuer),
      inspector: leaf !== undefined && (looksLikeInspector(leaf.issuer) || (extra && isPublicHost(url.hostname))),
      extra,
      shortKey: shortKey(leaf),
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

/** Not by `getPeerX509Certificate`, which takes the certificate away from those who ask later: see dial/tls.ts. */
function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const seen = new Map<string, X509Certificate>();
  for (let one: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true); one?.raw;) {
    const link = new X509Certificate(one.raw);
    if (seen.has(link.fingerprint256)) break;
    seen.set(link.fingerprint256, link);
    one = one.issuerCertificate;
  }
  return [...seen.values()];
}

/** RSA keys of less than 2048 bits are refused by OpenSSL's default since 3.2, by browsers and by Go's newer releases. */
function shortKey(leaf: X509Certificate | undefined): number | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf?.publicKey ?? {};
  const bits = asymmetricKeyType === "rsa" ? (asymmetricKeyDetails?.modulusLength ?? 2048) : 2048;
  return bits < 2048 ? bits : undefined;
}

/** Whether an authority out of a file signed the chain, at any of its steps. */
function endsInExtra(chain: readonly X509Certificate[], trust: TrustBundle): boolean {
  if (chain.length === 0) return false;
  const extra = trust.extra.map((pem) => new X509Certificate(pem));
  return chain.some((link) =>
    extra.some((root) => root.fingerprint256 === link.fingerprint256 || link.checkIssued(root)),
  );
}
