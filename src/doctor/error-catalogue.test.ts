import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultCodes } from "../base/codes.js";
import { explainError, readCatalogue } from "./error-catalogue.js";

const catalogue = readCatalogue(readFileSync(join(import.meta.dirname, "../../docs/faults.md"), "utf8"));
const codes = (text: string): string[] => explainError(text, catalogue).map(({ entry }) => entry.code);

describe("the catalogue", () => {
  it("has an entry for each code, with its reason and what to do", () => {
    expect(catalogue.map(({ code }) => code)).toEqual(Object.keys(faultCodes));
    expect(catalogue.filter(({ why, remedy }) => why === "" || remedy === "")).toEqual([]);
  });

  it("finds each entry by each phrase that it lists", () => {
    for (const { code, phrases, borrowed } of catalogue) {
      for (const phrase of [...phrases, ...borrowed])
        expect([phrase, codes(`x: ${phrase.replaceAll("…", " something ")}\n`)]).toEqual([
          phrase,
          expect.arrayContaining([code]),
        ]);
    }
  });
});

describe("an error text", () => {
  it.each([
    [
      "SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException",
      "TLS_UNTRUSTED_ISSUER",
    ],
    [
      'Get "https://x/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      "TLS_UNTRUSTED_ISSUER",
    ],
    ["curl: (56) CONNECT tunnel failed, response 407", "PROXY_AUTH_REQUIRED"],
    ["fatal: unable to access 'https://x/': Received HTTP code 403 from proxy after CONNECT", "PROXY_FORBIDDEN"],
    ["OSError: Tunnel connection failed: 502 Bad Gateway", "PROXY_BAD_GATEWAY"],
    ["AxiosError: getaddrinfo ENOTFOUND api.example", "DNS_NOT_FOUND"],
    ["Error: CERT_HAS_EXPIRED", "TLS_EXPIRED"],
    ["SyntaxError: Unexpected token '<', \"<html>\" is not valid JSON", "HTTP_BLOCK_PAGE"],
  ])("%s is %s first", (text, code) => expect(codes(text)[0]).toBe(code));

  it("that names a code of ours is about that alone, whatever else stands in it", () => {
    expect(codes("error: ECONNRESET, connection refused [TLS_EXPIRED]")).toEqual(["TLS_EXPIRED"]);
    expect(codes("MY_TLS_EXPIRED_FLAG was set")).toEqual([]);
  });

  it("is found whatever its case and its line breaks", () => {
    expect(codes("SSL certificate problem: UNABLE TO GET LOCAL\n   ISSUER certificate")[0]).toBe(
      "TLS_UNTRUSTED_ISSUER",
    );
  });

  it("with a general word alone fits several faults, and a sentence goes before a word", () => {
    expect(codes("read ECONNRESET").length).toBeGreaterThan(1);
    expect(codes("ECONNRESET\nProxy response (407) !== 200 when HTTP Tunneling")[0]).toBe("PROXY_AUTH_REQUIRED");
  });

  it("that an entry borrows from another is found for both, and first for the one whose words they are", () => {
    expect(codes("curl: (6) Could not resolve host: x")).toEqual([
      "DNS_NOT_FOUND",
      "PROXY_SCHEME_UNSUPPORTED",
      "DNS_FAILED",
    ]);
    // Of the rest of that entry nothing is borrowed.
    expect(codes("getaddrinfo ENOTFOUND x")).toEqual(["DNS_NOT_FOUND"]);
  });

  it("about something else fits nothing", () => {
    expect(codes("TypeError: Cannot read properties of undefined (reading 'map')")).toEqual([]);
    expect(codes("404 Not Found")).toEqual([]);
  });

  it("of 50 MB is looked at from its end, and soon done with", () => {
    expect(codes(`${"a ".repeat(25_000_000)}ENOTFOUND`)).toEqual(["DNS_NOT_FOUND"]);
  });
});
