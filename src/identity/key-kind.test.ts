import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { certify, party, pkcs8, type CertificateOptions } from "../base/testing/certificates.js";
import { loadPair, told } from "./testing/load.js";

const issuer = party("Client CA");
const clientAuth = "1.3.6.1.5.5.7.3.2";

/** What is said of a client certificate for this key. */
async function said(key: KeyObject, more: Partial<CertificateOptions> = {}): Promise<string[]> {
  const alice = { name: "alice", key };
  const time = { notBefore: new Date("2029-01-01"), notAfter: new Date("2031-01-01") };
  const cert = certify({ subject: alice, issuer, host: "alice", usages: [clientAuth], ...time, ...more });
  return told(await loadPair(cert, pkcs8(alice)));
}

const onCurve = (namedCurve: string): KeyObject => generateKeyPairSync("ec", { namedCurve }).privateKey;

test("a key on a curve that TLS 1.3 cannot use is told, since no server ever sees its certificate there", async () => {
  for (const curve of ["brainpoolP256r1", "secp256k1", "secp224r1"]) {
    const [first, ...rest] = await said(onCurve(curve));
    expect(first).toMatch(/^CLIENT_CERT_USAGE CLAUDE_CODE_CLIENT_CERT: .*the client certificate CN=alice/);
    expect([first?.includes(`on the curve ${curve}, which most servers cannot use with TLS 1.3`), rest]).toEqual([
      true,
      [],
    ]);
  }
  for (const curve of ["P-256", "P-384", "P-521"]) expect(await said(onCurve(curve))).toEqual([]);
});

test("a curve that is spelt out is told, though OpenSSL gives its name", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" });
  expect(await said(privateKey)).toEqual([expect.stringContaining("spells its curve out in numbers")]);
});

test("an RSA key of 1024 bits is told, and one of 2048 is none", async () => {
  const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).privateKey;
  const [short] = await said(rsa(1024));
  // OpenSSL refuses it by itself since 3.2, which Node has from 24 on.
  expect(short).toMatch(/has 1024 bits, which Node 24 and most servers refuse|OpenSSL refuses this pair/);
  expect(await said(rsa(2048))).toEqual([]);
});

test("a certificate for any use, which does not name clients, is told: OpenSSL's servers refuse it", async () => {
  const any = "2.5.29.37.0";
  expect(await said(onCurve("P-256"), { usages: [any] })).toEqual([expect.stringContaining("anyExtendedKeyUsage")]);
  expect(await said(onCurve("P-256"), { usages: [any, clientAuth] })).toEqual([]);
  const serverAuth = "1.3.6.1.5.5.7.3.1";
  expect(await said(onCurve("P-256"), { usages: [serverAuth] })).toEqual([expect.stringContaining("lacks clientAuth")]);
});
