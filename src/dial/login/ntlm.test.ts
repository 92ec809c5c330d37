import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { md4 } from "./ntlm-login.js";
import {
  authenticateMessage,
  channelBinding,
  negotiateMessage,
  ntlmV2Response,
  readChallenge,
  responseKey,
  splitName,
} from "./ntlm.js";
import { expectMade } from "../../../test/support/expect-made.js";

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ""), "hex");

/** [MS-NLMP] section 4.2.1 and 4.2.4. */
const published = {
  serverNonce: hex("0123456789abcdef"),
  clientNonce: hex("aaaaaaaaaaaaaaaa"),
  info: hex("02000c0044006f006d00610069006e00 01000c005300650072007600650072 0000000000"),
  key: "0c868a403bfd7a93a3001ef22ef02e3f",
  proof: "68cd0ab851e51c96aabc927bebef6a1c",
  challenge:
    hex(`4e544c4d53535000 02000000 0c000c00 38000000 33828ae2 0123456789abcdef 0000000000000000 24002400 44000000
    0600 7017 0000 000f 530065007200760065007200 02000c0044006f006d00610069006e00 01000c005300650072007600650072 0000000000`),
};

describe("NTLM version 2", () => {
  test("has MD4 as RFC 1320 has it", async () => {
    expect((await md4(Buffer.from("message digest"))).toString("hex")).toBe("d9130a8164549fe818874806e1c7014b");
  });

  test("makes the published key and proof of the published user, password and challenge", async () => {
    const key = await responseKey("Password", "User", "Domain", md4);
    expect(key.toString("hex")).toBe(published.key);
    const response = ntlmV2Response(key, published.serverNonce, published.clientNonce, Buffer.alloc(8), published.info);
    expect(response.subarray(0, 16).toString("hex")).toBe(published.proof);
  });

  test("reads the published challenge", () => {
    const challenge = readChallenge(published.challenge.toString("base64"));
    expect(challenge?.nonce).toEqual(published.serverNonce);
    expect([...(challenge?.targetInfo ?? [])].map(([id, value]) => [id, value.toString("utf16le")])).toEqual([
      [2, "Domain"],
      [1, "Server"],
    ]);
  });

  test("answers it without a response of version 1 or LM, for the proxy by name, and bound to its certificate", async () => {
    const challenge = readChallenge(published.challenge.toString("base64"));
    if (challenge === undefined) throw new Error("not read");
    const binding = channelBinding(Buffer.from("a certificate"), "sha256");
    const message = await authenticateMessage(
      challenge,
      { username: "Domain\\User", password: "Password" },
      {
        negotiate: negotiateMessage(),
        service: "HTTP/proxy.test",
        binding,
        md4,
        now: 0,
        clientNonce: published.clientNonce,
      },
    );
    const part = (at: number): Buffer => {
      const offset = message.readUInt32LE(at + 4);
      return message.subarray(offset, offset + message.readUInt16LE(at));
    };
    expect(part(12)).toEqual(Buffer.alloc(24));
    expect([part(28).toString("utf16le"), part(36).toString("utf16le")]).toEqual(["Domain", "User"]);
    const response = part(20);
    expect(response.readUInt16LE(16)).toBe(0x0101);
    expect(response.includes(Buffer.from("HTTP/proxy.test", "utf16le"))).toBe(true);
    expect(response.includes(binding)).toBe(true);
  });

  test.each([
    ["CORP\\alice", { domain: "CORP", user: "alice" }],
    ["alice@corp.test", { domain: "", user: "alice@corp.test" }],
    ["alice", { domain: "", user: "alice" }],
  ])("takes %s apart", expectMade(splitName));

  test("takes no challenge for one whose flags are not four bytes", () => {
    const short = hex("0600 0100 00 00000000");
    const bytes = Buffer.concat([published.challenge.subarray(0, 48), short]);
    bytes.writeUInt16LE(short.length, 40);
    bytes.writeUInt32LE(48, 44);
    expect(readChallenge(bytes.toString("base64"))).toBeUndefined();
  });

  test("takes no challenge for one that is cut short, older, or made up", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: published.challenge.length - 1 }), (length) => {
        const cut = readChallenge(published.challenge.subarray(0, length).toString("base64"));
        expect(cut).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(100), (noise, at) => {
        const bytes = Buffer.from(published.challenge);
        Buffer.from(noise).copy(bytes, at % bytes.length);
        expect(() => readChallenge(bytes.toString("base64"))).not.toThrow();
      }),
    );
    const ansi = Buffer.from(published.challenge);
    ansi.writeUInt32LE(0x2, 20);
    expect(readChallenge(ansi.toString("base64"))).toBeUndefined();
  });
});
