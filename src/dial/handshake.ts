import type { X509Certificate } from "node:crypto";
import type { Identity } from "../identity/types.js";
import type { TrustBundle } from "../trust/types.js";
import type { Endpoint } from "./endpoint.js";

/** What is known of a handshake while and after it runs: what faults are explained from. */
export interface Handshake {
  readonly endpoint: Endpoint;
  readonly servername: string;
  readonly identity: Identity | undefined;
  readonly configured: TrustBundle;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** There is a proxy on the way: it may be the one who cuts. */
  readonly proxied: boolean;
  /** Nothing later than TLS 1.2 is offered. */
  readonly limited: boolean;
  /** Of the variables that remedies name. */
  readonly prefix: string;
  /** The peer has sent something of HTTP. */
  answered: () => boolean;
  /** As far as it was agreed on when the handshake failed: "TLSv1.3", "TLSv1.2". */
  version: string | null;
  /** The server asked for a client certificate. */
  asked: boolean;
  /** The peer's certificate, where the handshake failed after it was shown. */
  peer: X509Certificate | undefined;
  /** DER of what it sent, where the handshake failed after that; its own certificate first. */
  shown: readonly Buffer[];
  /** Who issued the peer's certificate, for people, where the handshake succeeded. */
  issuer: string | undefined;
}
