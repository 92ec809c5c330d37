import type { KeyObject, X509Certificate } from "node:crypto";
import type { CertificateState } from "../base/certificate-life.js";
import type { ConnectError } from "../base/errors.js";

/** What a file of certificates and keys holds, read as far as it can be. */
export interface Contents {
  readonly format: "PEM" | "DER" | "PKCS#12" | "PKCS#7";
  readonly certificates: readonly FoundCertificate[];
  readonly keys: readonly FoundKey[];
  /** What is odd about the file, a sentence each. */
  readonly notes: readonly string[];
  /** What is in it and could not be read. */
  readonly losses: readonly string[];
}

export interface FoundCertificate {
  readonly certificate: X509Certificate;
  /** Of its BEGIN line, from 1; undefined where there are no lines. */
  readonly line?: number;
}

export interface FoundKey {
  readonly line?: number;
  readonly encrypted: boolean;
  /** Undefined where it could not be opened; then `why` says so. */
  readonly key?: KeyObject;
  readonly why?: string;
}

/** One certificate, for people and for machine output. Texts are a line each, without control characters. */
export interface CertificateReport {
  /** `CN=api.example.com, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** What people call it: its common name, or what stands for one. */
  readonly name: string;
  /** Hexadecimal. */
  readonly serial: string;
  /** Subject alternative names. */
  readonly names: readonly string[];
  readonly isAuthority: boolean;
  /** By its signature. */
  readonly isSelfSigned: boolean;
  /** What it may be used for: "server", "client", "certificate signing". Empty: for everything. */
  readonly usages: readonly string[];
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly state: CertificateState;
  /** The part of its life that is over: 0 to 1, more where it has expired, less where it has not begun. */
  readonly used: number;
  /** "RSA 2048", "EC P-256", "Ed25519". */
  readonly key: string;
  readonly signature: string;
  /** Of the DER; hexadecimal, without colons. */
  readonly sha256: string;
  readonly sha1: string;
  /** What a person should know before relying on it, a sentence each. */
  readonly remarks: readonly string[];
}

/** What a host shows, looked at without a word to it. */
export interface HostLook {
  /** `host:port`. */
  readonly host: string;
  /** How it was reached, for people. */
  readonly route: string;
  /** Its own first, then those above it as far as it sent them or they are trusted here. Empty where none were seen. */
  readonly certificates: readonly X509Certificate[];
  /** Why programs would not take it; undefined where the chain holds. */
  readonly fault?: ConnectError;
}
