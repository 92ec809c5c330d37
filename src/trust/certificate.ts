import type { X509Certificate } from "node:crypto";
import { isSelfSigned, oneLineName } from "../base/certificate.js";
import { readEnd } from "./parts.js";

/** What an authority has to be to be of use, seen once for each certificate that Node does not bundle. */
export type Judgement =
  | { readonly kind: "good"; readonly authority: boolean; readonly subject: string }
  | { readonly kind: "expired"; readonly notAfter: Date; readonly subject: string }
  | { readonly kind: "damaged" };

export type Judge = (base64: string) => Judgement;

/**
 * The same of one in the operating system's store, of which less is asked. Read without OpenSSL, which decodes the key of each at once: a
 * store's two dozen certificates beyond Node's would be a twentieth of what `sallyport run` takes to start.
 */
export function judgeStored(base64: string, inFull: Judge, now: number): Judgement["kind"] {
  const end = readEnd(Buffer.from(base64, "base64"));
  if (end === undefined) return inFull(base64).kind;
  return end < now ? "expired" : "good";
}

/** Parsing a certificate costs more than all else here, so each is parsed once however many files hold it. */
export async function createJudge(bundled: ReadonlySet<string>, now: number): Promise<Judge> {
  const { X509Certificate: Parser } = await import("node:crypto");
  const known = new Map<string, Judgement>();
  return (base64) => {
    if (bundled.has(base64)) return { kind: "good", authority: true, subject: "" };
    let judgement = known.get(base64);
    if (judgement === undefined) {
      judgement = judge(base64, now, Parser);
      known.set(base64, judgement);
    }
    return judgement;
  };
}

function judge(base64: string, now: number, Parser: typeof X509Certificate): Judgement {
  let certificate: X509Certificate;
  try {
    certificate = new Parser(Buffer.from(base64, "base64"));
  } catch {
    return { kind: "damaged" };
  }
  const subject = oneLineName(certificate.subject);
  const notAfter = new Date(certificate.validTo);
  if (notAfter.getTime() < now) return { kind: "expired", notAfter, subject };
  // A self-signed certificate that is not an authority may still be trusted for the one server that shows it.
  return { kind: "good", authority: certificate.ca || isSelfSigned(certificate), subject };
}
