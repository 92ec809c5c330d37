import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "./challenges.js";
import { expectMade } from "../../../test/support/expect-made.js";

const read = (field: string): unknown[] =>
  parseChallenges(field).map(({ scheme, token, params }) => [scheme, token, Object.fromEntries(params)]);

describe("what a proxy offers is read", () => {
  test.each([
    ['Basic realm="x"', [["basic", undefined, { realm: "x" }]]],
    [
      "Negotiate, NTLM",
      [
        ["negotiate", undefined, {}],
        ["ntlm", undefined, {}],
      ],
    ],
    ["NTLM TlRMTVNTUAACAAAA==", [["ntlm", "TlRMTVNTUAACAAAA==", {}]]],
    ["NTLM TlRMTVNTUAACAAAA=", [["ntlm", "TlRMTVNTUAACAAAA=", {}]]],
    ["Negotiate oRQwEqADCgEBoQsGCSqGSIb3EgECAg", [["negotiate", "oRQwEqADCgEBoQsGCSqGSIb3EgECAg", {}]]],
    [
      'Digest realm="a, Basic b", nonce="n\\"1", qop="auth,auth-int", stale=TRUE, Basic realm=plain',
      [
        ["digest", undefined, { realm: "a, Basic b", nonce: 'n"1', qop: "auth,auth-int", stale: "TRUE" }],
        ["basic", undefined, { realm: "plain" }],
      ],
    ],
    ['Digest Realm = "x" , NONCE="y"', [["digest", undefined, { realm: "x", nonce: "y" }]]],
    ['Digest nonce="first", nonce="second"', [["digest", undefined, { nonce: "first" }]]],
    [', ,Basic realm="x",, ', [["basic", undefined, { realm: "x" }]]],
    // Not closed: what follows belongs to it.
    ['Basic realm="x, NTLM', [["basic", undefined, { realm: "x, NTLM" }]]],
    ["", []],
    ["???, =, realm=x", []],
  ])("%j", expectMade(read));

  test("whatever it is, without an error, and no more than 32 of it", () => {
    const piece = fc.constantFrom("Basic", "NTLM abc=", ' realm="', "nonce=x", "Digest ", ...'"\\,=é\u0000 ');
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 100 }), (pieces) => {
        const challenges = parseChallenges(pieces.join(""));
        expect(challenges.length).toBeLessThanOrEqual(32);
        for (const { name, scheme } of challenges) expect(scheme).toBe(name.toLowerCase());
      }),
    );
  });

  test("as it was written, however it is spaced and quoted", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9.-]{1,12}$/);
    const quotable = fc.string({ maxLength: 20 }).filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.record({ scheme: word, realm: quotable }), { maxLength: 8 }), (offers) => {
        const field = offers
          .map(({ scheme, realm }) => `${scheme} realm="${realm.replace(/["\\]/g, "\\$&")}"`)
          .join(" , ");
        expect(
          parseChallenges(field).map(({ name, params }) => ({ scheme: name, realm: params.get("realm") })),
        ).toEqual(offers);
      }),
    );
  });
});
