import { createCipheriv, createHmac, createPrivateKey, pbkdf2, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import * as der from "../base/der-write.js";
import { formatPem } from "../base/pem.js";
import { createAuthority, encryptKey, type Issued } from "../lab/ca.js";
import type { IdentityResult } from "./index.js";
import { deriveKey } from "./pbe.js";
import { fixture, inline, load, loadPair, passphrase, told, wrong } from "./testing/load.js";

const salt = Buffer.from("0123456789abcdef");
const number = (value: number | bigint): Buffer => {
  const hex = value.toString(16);
  return der.integer(Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex"));
};

const pbkdf2Parameters = (rounds: number | bigint): Buffer =>
  der.sequence(
    der.oid("1.2.840.113549.1.5.12"),
    der.sequence(der.octetString(salt), number(rounds), der.sequence(der.oid("1.2.840.113549.2.9"), der.element(5))),
  );
const scryptParameters = (...[cost, block, parallel]: readonly [number | bigint, number, number]): Buffer =>
  der.sequence(
    der.oid("1.3.6.1.4.1.11591.4.11"),
    der.sequence(der.octetString(salt), number(cost), number(block), number(parallel)),
  );

/** PKCS#8 encryption (RFC 8018) by a key that was derived beforehand, so that a file may claim what nobody has done. */
function encrypted(derivation: Buffer, content: Buffer, key: Buffer): readonly [algorithm: Buffer, data: Buffer] {
  const iv = Buffer.alloc(16, 7);
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  const scheme = der.sequence(der.oid("2.16.840.1.101.3.4.1.42"), der.octetString(iv));
  return [
    der.sequence(der.oid("1.2.840.113549.1.5.13"), der.sequence(derivation, scheme)),
    der.octetString(Buffer.concat([cipher.update(content), cipher.final()])),
  ];
}

const encryptedPem = (parts: readonly [Buffer, Buffer]): string =>
  formatPem("ENCRYPTED PRIVATE KEY", der.sequence(...parts).toString("base64"));

const bag = (oid: string, contents: Buffer): Buffer => der.sequence(der.oid(oid), der.tagged(0, contents));
const content = (contents: Buffer): Buffer =>
  der.sequence(der.oid("1.2.840.113549.1.7.1"), der.tagged(0, der.octetString(contents)));
const bags = {
  certificate: (bytes: Buffer) =>
    bag(
      "1.2.840.113549.1.12.10.1.3",
      der.sequence(der.oid("1.2.840.113549.1.9.22.1"), der.tagged(0, der.octetString(bytes))),
    ),
  key: (bytes: Buffer) => bag("1.2.840.113549.1.12.10.1.1", bytes),
  shrouded: (parts: readonly Buffer[]) => bag("1.2.840.113549.1.12.10.1.2", der.sequence(...parts)),
};

/** A store of these bags; its checksum claims so many rounds, and holds if as many were done. */
function storeOf(items: readonly Buffer[], claimed: number | bigint, done = 1): Buffer {
  const safe = der.sequence(content(der.sequence(...items)));
  const key = deriveKey({ digest: "sha256", password: passphrase, salt, iterations: done, purpose: "mac", length: 32 });
  const mac = createHmac("sha256", key).update(safe).digest();
  const algorithm = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"), der.element(5));
  return der.sequence(
    number(3),
    content(safe),
    der.sequence(der.sequence(algorithm, der.octetString(mac)), der.octetString(salt), number(claimed)),
  );
}

let alice: Issued;
let certificate: Buffer;
let key: Buffer;
beforeAll(async () => {
  const root = await createAuthority({ name: "Root", notAfter: new Date("2040-01-01") });
  alice = await root.issue({ commonName: "alice", usage: "client", notAfter: new Date("2031-01-01") });
  certificate = Buffer.from(alice.cert.replaceAll(/-----.*/g, ""), "base64");
  key = createPrivateKey(alice.key).export({ type: "pkcs8", format: "der" });
  // What they import is there then: waiting for that makes turns as well.
  await loadPair(alice.cert, alice.key);
  await openStore(await fixture("modern.pfx"));
});

const openStore = (bytes: Buffer, secret = passphrase, signal?: AbortSignal): Promise<IdentityResult> =>
  load(
    { pfx: "/id.pfx", stem: "SALLYPORT_CLIENT", passphrase: inline(secret) },
    { "/id.pfx": bytes },
    signal === undefined ? {} : { signal },
  );

const tooMany = "asks for more than 10000000 rounds of key derivation, so trying its password would take too long";

describe("a file that asks for more rounds of key derivation than any in use is refused, and none are done", () => {
  const counts = [10_000_001, 2 ** 31, 2 ** 40, 2n ** 63n, 2n ** 200n];

  test.each(counts)("a PKCS#12 store whose checksum claims %s", async (rounds) => {
    const store = storeOf([bags.certificate(certificate), bags.key(key)], rounds);
    expect(told(await openStore(store))).toEqual([`PFX_INVALID SALLYPORT_CLIENT_PFX: /id.pfx ${tooMany}`]);
  });

  test.each(counts)("a PKCS#12 store with a key whose PBKDF2 claims %s", async (rounds) => {
    const parts = encrypted(pbkdf2Parameters(rounds), key, Buffer.alloc(32));
    const result = await openStore(storeOf([bags.certificate(certificate), bags.shrouded(parts)], 1));
    expect(told(result)).toEqual([`PFX_INVALID SALLYPORT_CLIENT_PFX: /id.pfx ${tooMany}`]);
  });

  test.each(counts)("a PKCS#12 store with a key whose older scheme claims %s", async (rounds) => {
    const algorithm = der.sequence(
      der.oid("1.2.840.113549.1.12.1.3"),
      der.sequence(der.octetString(salt), number(rounds)),
    );
    const parts = [algorithm, der.octetString(Buffer.alloc(64))];
    const result = await openStore(storeOf([bags.certificate(certificate), bags.shrouded(parts)], 1));
    expect(told(result)).toEqual([`PFX_INVALID SALLYPORT_CLIENT_PFX: /id.pfx ${tooMany}`]);
  });

  test("a PKCS#12 store with thousands of keys, each within bounds", async () => {
    const algorithm = der.sequence(
      der.oid("1.2.840.113549.1.12.1.3"),
      der.sequence(der.octetString(salt), number(10_000_000)),
    );
    const one = bags.shrouded([algorithm, der.octetString(Buffer.alloc(64))]);
    // The first is opened before the rest are seen, so the caller's signal is what ends it here.
    const controller = new AbortController();
    const result = openStore(
      storeOf(
        Array.from({ length: 1000 }, () => one),
        1,
      ),
      passphrase,
      controller.signal,
    );
    setImmediate(() => setImmediate(() => controller.abort(new Error("no more"))));
    await expect(result).rejects.toThrow("no more");
  });

  test.each(counts)("a PEM key whose PBKDF2 claims %s, and its passphrase is not even asked for", async (rounds) => {
    const pem = encryptedPem(encrypted(pbkdf2Parameters(rounds), key, Buffer.alloc(32)));
    const result = await loadPair(alice.cert, pem);
    expect(told(result)).toEqual([
      `KEY_FILE_INVALID CLAUDE_CODE_CLIENT_KEY: /k.pem ${tooMany.replace("password", "passphrase")}`,
    ]);
  });

  test.each<readonly [string, readonly [number | bigint, number, number]]>([
    ["its cost", [2n ** 40n, 8, 1]],
    ["its block size", [16_384, 2 ** 20, 1]],
    ["its parallelism, which needs no memory", [1024, 8, 262_144]],
  ])("a PEM key whose scrypt claims too much by %s", async (_, parameters) => {
    const pem = encryptedPem(encrypted(scryptParameters(...parameters), key, Buffer.alloc(32)));
    expect((await loadPair(alice.cert, pem, passphrase)).faults.map(({ code }) => code)).toEqual(["KEY_FILE_INVALID"]);
  });

  test("a key length that would make each round many", async () => {
    const derivation = der.sequence(
      der.oid("1.2.840.113549.1.5.12"),
      der.sequence(der.octetString(salt), number(1_000_000), number(2 ** 31 - 1)),
    );
    const parts = encrypted(derivation, key, Buffer.alloc(32));
    const result = await openStore(storeOf([bags.certificate(certificate), bags.shrouded(parts)], 1));
    expect(result.faults.map(({ code }) => code)).toEqual(["PFX_INVALID"]);
  });
});

/** The turns that the event loop made while `work` was under way. */
async function turnsDuring<T>(work: Promise<T>): Promise<readonly [T, number]> {
  let turns = 0;
  let over = false;
  const turn = (): void => {
    turns++;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  const result = await work;
  over = true;
  return [result, turns];
}

describe("the program goes on while a file is opened that asks for many rounds", () => {
  test("a PKCS#12 store with a checksum of a hundred thousand", async () => {
    const rounds = 100_000;
    const store = storeOf([bags.certificate(certificate), bags.key(key)], rounds, rounds);
    const [result, turns] = await turnsDuring(openStore(store));
    expect(told(result)).toEqual([]);
    expect(result.identity?.subject).toBe("CN=alice");
    expect(turns).toBeGreaterThan(rounds / 2000);
  });

  test("a PKCS#12 store whose key has a million of PBKDF2, and one whose password is wrong", async () => {
    const rounds = 1_000_000;
    const secret = await promisify(pbkdf2)(passphrase, salt, rounds, 32, "sha256");
    const parts = encrypted(pbkdf2Parameters(rounds), key, secret);
    const [result, turns] = await turnsDuring(
      openStore(storeOf([bags.certificate(certificate), bags.shrouded(parts)], 1)),
    );
    expect(told(result)).toEqual([]);
    expect(turns).toBeGreaterThan(100);
  });

  test("a PEM key with a million of PBKDF2, whatever its passphrase", async () => {
    const rounds = 1_000_000;
    const secret = await promisify(pbkdf2)(passphrase, salt, rounds, 32, "sha256");
    const pem = encryptedPem(encrypted(pbkdf2Parameters(rounds), key, secret));
    const [result, turns] = await turnsDuring(loadPair(alice.cert, pem, passphrase));
    expect(told(result)).toEqual([]);
    expect(result.identity?.material().key).toBe(alice.key);
    expect(turns).toBeGreaterThan(100);
    expect((await loadPair(alice.cert, pem, wrong)).faults.map(({ code }) => code)).toEqual(["KEY_PASSPHRASE_WRONG"]);
  });

  test("a PEM key of scrypt's usual cost", async () => {
    const secret = await promisify<string, Buffer, number, object, Buffer>(scrypt)(passphrase, salt, 32, {
      N: 16_384,
      r: 8,
      p: 1,
    });
    const pem = encryptedPem(encrypted(scryptParameters(16_384, 8, 1), key, secret));
    const [result, turns] = await turnsDuring(loadPair(alice.cert, pem, passphrase));
    expect(told(result)).toEqual([]);
    expect(turns).toBeGreaterThan(10);
  });

  test("and none of it goes on when the caller has given up", async () => {
    const pem = encryptedPem(encrypted(pbkdf2Parameters(10_000_000), key, Buffer.alloc(32)));
    const controller = new AbortController();
    const opening = loadPair(alice.cert, pem, passphrase, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("given up")), 0);
    await expect(opening).rejects.toThrow("given up");
  });
});

test("the usual files are opened at once, without another thread", async () => {
  const [, turns] = await turnsDuring(loadPair(alice.cert, encryptKey(alice.key, passphrase), passphrase));
  expect(turns).toBeLessThan(50);
  expect(told(await openStore(await fixture("modern.pfx")))).toEqual([]);
});
