import { X509Certificate } from "node:crypto";
import type { ConnectError } from "../base/errors.js";
import { hostPortOf } from "../base/hostname.js";
import { authority, quotePeer } from "../dial/index.js";
import { dataFolderLocation } from "../env/index.js";
import { findMissing, type Missing } from "../trust/index.js";
import { nameIn } from "./certificate-name.js";
import { signedPrivately } from "./faults-inspected.js";
import { rootLiesHere } from "./faults-missing.js";
import { machineOf } from "./machine.js";
import { isPublicHost } from "./public-hosts.js";
import type { Diagnosable, ShownCertificate, ShownChain } from "./types.js";

/** Faults that an authority may put right which is not trusted here. */
const ofTrust: ReadonlySet<string> = new Set(["TLS_UNTRUSTED_ISSUER", "TLS_INSPECTED", "TLS_CHAIN_INCOMPLETE"]);

interface FailedHandshake {
  readonly fault: ConnectError;
  readonly url: URL;
  /** DER of what the target sent, its own certificate first; empty where nothing was seen. */
  readonly shown: readonly Buffer[];
}

export interface LookedAt {
  readonly fault: ConnectError;
  readonly chain: ShownChain | null;
}

/**
 * Looks at the chain of a handshake that failed: what was sent, which authority is missing, and where on this machine that lies already. Where it
 * does, the remedy says so.
 */
export async function lookAtChain(network: Diagnosable, { fault, shown, url }: FailedHandshake): Promise<LookedAt> {
  const certificates = shown.flatMap(describe);
  if (fault.hop !== "target" || fault.stage !== "tls" || certificates.length === 0) return { fault, chain: null };
  const { policy, trust } = network;
  const { user = dataFolderLocation() } = network;
  const missing = ofTrust.has(fault.code)
    ? await findMissing(shown, machineOf(network), { settings: policy.trust, trust, prefix: policy.prefix, user })
    : undefined;
  const told = missing === undefined ? fault : byHost(fault, url, certificates);
  const known = missing?.lies;
  return {
    fault: known === undefined ? told : rootLiesHere(told, policy, known),
    chain: {
      certificates,
      missing: missing === undefined ? null : { name: nameIn(missing.subject), place: placeOf(missing) },
    },
  };
}

function byHost(fault: ConnectError, url: URL, [leaf]: readonly ShownCertificate[]): ConnectError {
  if (fault.code !== "TLS_UNTRUSTED_ISSUER" || leaf === undefined || !isPublicHost(url.hostname)) return fault;
  return signedPrivately(fault, authority(hostPortOf(url)), leaf.issuer);
}

function placeOf({ lies }: Missing): string | null {
  if (lies === undefined) return null;
  return "store" in lies.place ? lies.place.store : lies.place.file;
}

function describe(der: Buffer): ShownCertificate | [] {
  try {
    const { subject, issuer, validTo, fingerprint256, subjectAltName = "" } = new X509Certificate(der);
    const name = subject === undefined || subject === "" ? subjectAltName : nameIn(subject);
    return {
      name: quotePeer(name, 80),
      issuer: nameIn(issuer),
      notAfter: new Date(validTo).toISOString(),
      sha256: fingerprint256.replaceAll(":", "").toLowerCase(),
    };
  } catch {
    // What OpenSSL cannot parse is not to be described.
    return [];
  }
}
