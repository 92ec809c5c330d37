import { expect, test } from "vitest";
import { looksLikeInspector } from "./index.js";

test("inspectors are told by the names that their authorities have", () => {
  for (const issuer of [
    "CN=Zscaler Intermediate Root CA (zscalertwo.net)\nO=Zscaler Inc.",
    "CN=ca.example.goskope.com\nO=Example",
    "CN=FG100E4Q16000000\nO=Fortinet",
    "CN=Cisco Umbrella Secondary SubCA fra-SG\nO=Cisco",
    "CN=Gateway CA - Cloudflare Managed G1 0123\nO=Cloudflare, Inc.",
    "CN=Cloudflare for Teams ECC Certificate Authority",
    "CN=Forcepoint Cloud CA",
    "CN=Sophos SSL CA_C0000",
    "CN=mitmproxy\nO=mitmproxy",
    "CN=Cato Networks CA",
    "CN=ESET SSL Filter CA",
    "CN=Corp TLS Inspection CA",
  ])
    expect([issuer, looksLikeInspector(issuer)]).toEqual([issuer, true]);
});

test("public authorities of the same houses are none", () => {
  for (const issuer of [
    "CN=Cloudflare Inc ECC CA-3\nO=Cloudflare, Inc.",
    "CN=Symantec Class 3 Secure Server CA - G4\nO=Symantec Corporation",
    "CN=Cisco Root CA 2048\nO=Cisco Systems",
    "CN=WE1\nO=Google Trust Services",
    "CN=R11\nO=Let's Encrypt",
    "CN=DigiCert TLS RSA SHA256 2020 CA1\nO=DigiCert Inc",
    "CN=Sectigo RSA Domain Validation Secure Server CA\nO=Sectigo Limited",
  ])
    expect([issuer, looksLikeInspector(issuer)]).toEqual([issuer, false]);
});
