import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { createAuthority } from "../lab/index.js";
import { readEnd } from "./parts.js";

const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;
const endOf = (pem: string): number => Date.parse(new X509Certificate(pem).validTo);

describe("the end of a certificate, read without OpenSSL,", () => {
  it("is the one that OpenSSL reads, for each authority that comes with Node", () => {
    expect(rootCertificates.map((pem) => readEnd(derOf(pem)))).toEqual(rootCertificates.map(endOf));
  });

  it.each(["2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z"])("is right on both sides of 2050: %s", async (end) => {
    const { cert } = await createAuthority({ name: "Corp Root", notAfter: new Date(end) });
    expect(readEnd(derOf(cert))).toBe(Date.parse(end));
  });

  it("is nothing where the bytes are no whole certificate", () => {
    const whole = derOf(rootCertificates[0] ?? "");
    const cut = whole.subarray(0, -1);
    const more = Buffer.concat([whole, Buffer.of(0)]);
    // A SEQUENCE that says "here is an integer".
    const other = Buffer.from(whole);
    other[4] = 0x02;
    expect([cut, more, other, Buffer.alloc(0)].map(readEnd)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
