import { createPrivateKey, X509Certificate } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { MemoryFile } from "../../test/support/memory-system.js";
import { fixture, inline, load, passphrase, told, wrong } from "./testing/load.js";

describe("PKCS#12", () => {
  const loadPfx = async (content: MemoryFile, secret?: string) =>
    load(
      { pfx: "/id.pfx", stem: "SALLYPORT_CLIENT", ...(secret === undefined ? {} : { passphrase: inline(secret) }) },
      { "/id.pfx": content },
    );

  test.each([
    ["modern.pfx", passphrase],
    ["triple-des.pfx", passphrase],
    ["sha512.pfx", passphrase],
    ["plain-bags.pfx", passphrase],
    ["no-mac.pfx", passphrase],
    ["umlaut.pfx", "pässwörd"],
    ["empty-password.pfx", undefined],
  ])("%s opens, and becomes the same PEM as the pair in it", async (name, secret) => {
    const result = await loadPfx(await fixture(name), secret);
    expect(told(result)).toEqual([]);
    expect(result.identity?.subject).toBe("CN=alice, O=Fixtures");
    const { cert = "", key = "" } = result.identity?.material() ?? {};
    expect(cert).toBe((await fixture("alice.pem")).toString() + (await fixture("root.pem")).toString());
    expect(key).toBe((await fixture("alice.key")).toString());
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  test("is never handed to Node as it is, which would trust the authorities in it", async () => {
    const { identity } = await loadPfx(await fixture("modern.pfx"), passphrase);
    expect(identity?.material()).not.toHaveProperty("pfx");
  });

  test.each(["modern.pfx", "triple-des.pfx", "rc2.pfx", "no-mac.pfx"])(
    "%s: a wrong password is told as that",
    async (name) => {
      const result = await loadPfx(await fixture(name), wrong);
      expect(told(result)).toEqual([
        "PFX_PASSWORD_WRONG SALLYPORT_CLIENT_KEY_PASSPHRASE: this password does not open /id.pfx",
      ]);
      expect(inspect(result, { depth: 9 })).not.toContain(wrong);
    },
  );

  test("a missing password names the variable to set", async () => {
    const result = await loadPfx(await fixture("modern.pfx"));
    expect(told(result)).toEqual([
      "KEY_PASSPHRASE_MISSING SALLYPORT_CLIENT_PFX: /id.pfx is protected by a password but none is set",
    ]);
    expect(result.faults[0]?.remedy).toBe("set SALLYPORT_CLIENT_KEY_PASSPHRASE");
  });

  test.each([
    ["RC2-40", "rc2.pfx"],
    ["RC2-128", "rc2-128.pfx"],
    ["RC4-40", "rc4-40.pfx"],
    ["RC4-128", "rc4-128.pfx"],
    ["MD5 and DES", "md5-des.pfx"],
  ])("%s, as OpenSSL 1 and old Windows wrote it, is named with the line that renews the file", async (cipher, name) => {
    const result = await loadPfx(await fixture(name), passphrase);
    expect(told(result)).toEqual([
      `PFX_LEGACY_CIPHER SALLYPORT_CLIENT_PFX: /id.pfx is encrypted with ${cipher}, which OpenSSL 3 no longer supports`,
    ]);
    expect(result.faults[0]?.remedy).toBe(
      "export it again with AES, and name the new file: openssl pkcs12 -legacy -in /id.pfx -nodes | openssl pkcs12 -export -out /id-aes.pfx",
    );
  });

  test.each([
    ["an empty file", Buffer.alloc(0), "SALLYPORT_CLIENT_PFX: /id.pfx is empty"],
    ["rubbish", Buffer.from("hello"), "SALLYPORT_CLIENT_PFX: /id.pfx holds text without a PEM block"],
    [
      "binary rubbish",
      Buffer.from("0\x82\x01\x00\x02\x01\x03", "latin1"),
      "SALLYPORT_CLIENT_PFX: /id.pfx is not a complete PKCS#12 store",
    ],
  ])("%s", async (_, content, message) => {
    expect(told(await loadPfx(content, passphrase))).toEqual([`PFX_INVALID ${message}`]);
  });

  test("PEM: the settings that take it are named", async () => {
    const result = await loadPfx(await fixture("alice.pem"), passphrase);
    expect(told(result)).toEqual(["PFX_INVALID SALLYPORT_CLIENT_PFX: /id.pfx is PEM, not PKCS#12"]);
    expect(result.faults[0]?.remedy).toBe("set SALLYPORT_CLIENT_CERT to this path instead of SALLYPORT_CLIENT_PFX");
  });

  test("a store that others can read is a warning: it holds a key", async () => {
    const result = await loadPfx({ content: await fixture("modern.pfx"), mode: 0o604 }, passphrase);
    expect(told(result)).toEqual([
      "KEY_PERMISSIONS SALLYPORT_CLIENT_PFX: /id.pfx holds a private key and is accessible to other users (mode 0604)",
    ]);
  });

  test("a command that should give the password and fails is not taken for a wrong password", async () => {
    const result = await load(
      { pfx: "/id.pfx", stem: "SALLYPORT_CLIENT", passphrase: { kind: "command", command: "pass show corp" } },
      { "/id.pfx": await fixture("modern.pfx") },
    );
    expect(told(result)).toEqual([
      'SECRET_COMMAND_FAILED SALLYPORT_CLIENT_KEY_PASSPHRASE: the command "pass" did not provide a secret: it could not be started (ENOENT)',
    ]);
  });

  test("a store without a key", async () => {
    expect(told(await loadPfx(await fixture("no-key.pfx"), passphrase))).toEqual([
      "PFX_INVALID SALLYPORT_CLIENT_PFX: /id.pfx holds no private key",
    ]);
  });

  test("whatever byte is changed or missing, it is a fault and no exception, and never another identity", async () => {
    const whole = await fixture("modern.pfx");
    const expected = (await loadPfx(whole, passphrase)).identity?.id;
    for (let at = 0; at < whole.length; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      for (const content of [changed, whole.subarray(0, at)]) {
        const { identity, faults } = await loadPfx(content, passphrase);
        expect(identity === undefined ? faults.length > 0 : identity.id === expected).toBe(true);
      }
    }
  });
});
