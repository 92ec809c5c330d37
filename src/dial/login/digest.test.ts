import { describe, expect, test } from "vitest";
import { parseChallenges } from "./challenges.js";
import { DigestNonce } from "./digest.js";

function nonce(field: string, cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"): DigestNonce | undefined {
  const [challenge] = parseChallenges(field);
  return challenge && DigestNonce.from(challenge, () => cnonce);
}

const get = { method: "GET", uri: "/dir/index.html" };
const mufasa = { username: "Mufasa", password: "Circle of Life" };
const example =
  'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

describe("a Digest login", () => {
  test.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("with %s gives what RFC 7616 section 3.9.1 has", (algorithm, response) => {
    const value = nonce(`Digest ${example}, algorithm=${algorithm}`)?.authorization(mufasa, get);
    expect(value).toContain(`response="${response}"`);
    expect(value).toMatch(/^Digest username="Mufasa", realm="http-auth@example\.org", .*, nc=00000001, /);
    expect(value).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
  });

  test("with SHA-512-256 and a hashed name gives what RFC 7616 section 3.9.2 has, as its erratum 4897 corrects it", () => {
    const value = nonce(
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
      "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    )?.authorization(
      { username: "J\u00e4s\u00f8n Doe", password: "Secret, or not?" },
      { method: "GET", uri: "/doe.json" },
    );
    expect(value).toContain('username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"');
    expect(value).toContain('response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"');
  });

  test("without qop gives what RFC 2069 has, as its erratum 749 corrects it", () => {
    const value = nonce('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')?.authorization(
      { username: "Mufasa", password: "CircleOfLife" },
      get,
    );
    expect(value).toContain('response="1949323746fe6a43ef61f9606e7febea"');
    expect(value).not.toMatch(/qop|nc=|cnonce|algorithm/);
  });

  test("counts the uses of one nonce", () => {
    const login = nonce(`Digest ${example}`);
    login?.authorization(mufasa, get);
    expect(login?.authorization(mufasa, get)).toContain("nc=00000002");
  });

  test.each([
    ["charset=UTF-8", "username*=UTF-8''J%C3%A4son%20%28x%29"],
    ["stale=false", 'username="J\u00e4son (x)"'],
  ])("tells a name outside ASCII where the proxy says %s", (more, field) => {
    expect(
      nonce(`Digest ${example}, ${more}`)?.authorization({ username: "J\u00e4son (x)", password: "p" }, get),
    ).toContain(field);
  });

  test.each([
    "Digest realm=x",
    `Digest ${example}, algorithm=MD4`,
    'Digest nonce=n, qop="auth-int"',
    'Basic nonce="x"',
  ])("is not tried for %s", (field) => expect(nonce(field)).toBeUndefined());
});
