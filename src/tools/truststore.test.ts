import { createHmac } from "node:crypto";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { readChildren, readElement, readOctets, readOid, type DerElement } from "../base/der.js";
import { deriveKey } from "../identity/index.js";
import { truststorePassword } from "./truststore-password.js";
import { writeTruststore } from "./truststore.js";

/** By position, down a path: what is asked for exists, or the test fails. */
function at(element: DerElement, ...path: readonly number[]): DerElement {
  return path.reduce((parent, index) => {
    const child = readChildren(parent)[index];
    if (child === undefined) throw new Error(`no element ${path.join(".")}`);
    return child;
  }, element);
}

const inside = (octets: DerElement): DerElement => readElement(readOctets(octets));

describe("a trust store for Java", () => {
  const certificates = rootCertificates.slice(0, 3);
  const store = readElement(writeTruststore(certificates));
  /** ContentInfo of type data, in the authenticated safe, in a ContentInfo of type data. */
  const bags = inside(at(inside(at(store, 1, 1, 0)), 0, 1, 0));

  it("holds each certificate, as it is", () => {
    const found = readChildren(bags).map((bag) => readOctets(at(bag, 1, 0, 1, 0)).toString("base64"));
    expect(found).toEqual(certificates.map((pem) => pem.replace(/-----[^-]+-----|\s/g, "")));
  });

  it("gives each a name of its own, and says that it is a trust anchor: Java finds none otherwise", () => {
    const attributes = readChildren(bags).map((bag) => readChildren(at(bag, 2)));
    const names = attributes.map(
      ([name]) =>
        name &&
        Buffer.from(at(name, 1, 0).contents)
          .swap16()
          .toString("utf16le"),
    );
    expect(names).toEqual(["sallyport-1", "sallyport-2", "sallyport-3"]);
    for (const [, usage] of attributes) expect(usage && readOid(at(usage, 0))).toBe("2.16.840.1.113894.746875.1.1");
  });

  it("is guarded by a MAC under Java's usual password", () => {
    const contents = readOctets(at(store, 1, 1, 0));
    const derivation = { digest: "sha256", password: truststorePassword, salt: readOctets(at(store, 2, 1)) };
    const key = deriveKey({ ...derivation, iterations: 1, purpose: "mac", length: 32 });
    expect(readOctets(at(store, 2, 0, 1)).equals(createHmac("sha256", key).update(contents).digest())).toBe(true);
  });

  it("is the same file for the same certificates", () => {
    expect(writeTruststore(certificates).equals(writeTruststore(certificates))).toBe(true);
  });
});
