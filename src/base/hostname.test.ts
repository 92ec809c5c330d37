import { describe, expect, it } from "vitest";
import {
  canonicalHost,
  formatAuthority,
  formatHostPort,
  hostPortOf,
  parseHostname,
  readAuthority,
  zoneOf,
} from "./hostname.js";
import { nearest } from "./nearest.js";
import { resolvePath } from "./path.js";
import { expectMade } from "../../test/support/expect-made.js";

describe("canonicalHost", () => {
  it.each([
    ["Example.COM.", "example.com"],
    ["示例.com", "xn--fsq092h.com"],
    ["BÜCHER.example", "xn--bcher-kva.example"],
    ["[2001:DB8::0:1]", "2001:db8::1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["a_b.internal", "a_b.internal"],
    ["[FE80::1%eth0]", "fe80::1"],
    ["１２７.1", "127.0.0.1"],
    ["a..", "a.."],
    ["1.2.3.4..", "1.2.3.4.."],
  ])("spells %s as %s, and that as itself", (text, expected) => {
    expect([text, expected].map((host) => canonicalHost(host))).toEqual([expected, expected]);
  });
});

describe("parseHostname", () => {
  it.each(["example.com", "a", "a_b.internal", "xn--fsq092h.com", "3com.example", "1-2.example"])(
    "accepts %s",
    (text) => {
      expect(parseHostname(text)).toBe(text);
    },
  );
  it.each([
    "",
    ".",
    "a..b",
    "-a",
    "a-",
    "a b",
    "a/b",
    "a:1",
    "10.0.0.1",
    "a.1",
    "a.0x1",
    "*",
    `${"a".repeat(64)}.example`,
    "$host",
  ])("rejects %j", (text) => {
    expect(parseHostname(text)).toBeUndefined();
  });
});

it("puts brackets round an IPv6 address that a port follows", () => {
  expect(formatHostPort("::1", 80)).toBe("[::1]:80");
  expect(formatHostPort("a", 80)).toBe("a:80");
});

describe("nearest", () => {
  it.each([
    ["prxy", "proxy"],
    ["porxy", "proxy"],
    ["HTTPSPROXY", "httpsProxy"],
    ["httpsproxi", "httpsProxy"],
  ])("takes %s for %s", (word, expected) => {
    expect(nearest(word, ["httpProxy", "httpsProxy", "proxy", "ca"])).toBe(expected);
  });
  it.each(["colour", "", "xx"])("finds nothing near %j", (word) => {
    expect(nearest(word, ["httpProxy", "proxy", "ca"])).toBeUndefined();
  });
});

describe("a host with its port", () => {
  it.each([
    ["[2001:DB8::1]", "[2001:db8::1]:80"],
    ["2001:db8::1", "[2001:db8::1]:80"],
    ["fe80::1%eth0", "[fe80::1]:80"],
    ["Example.com.", "example.com:80"],
  ])("is written in one way, whichever way %s was", (host, expected) => {
    expect(formatHostPort(host, 80)).toBe(expected);
  });

  it.each([
    ["http://[2001:DB8::1]/", "[2001:db8::1]", 80],
    ["https://[2001:db8::1]:80/", "[2001:db8::1]:80", 80],
    ["wss://EXAMPLE.com./", "example.com", 443],
    ["socks5h://EXAMPLE.com", "example.com", 1080],
  ])("of the URL %s is %s", (text, authority, port) => {
    const url = new URL(text);
    expect(hostPortOf(url).port).toBe(port);
    expect(formatAuthority(hostPortOf(url), url.protocol)).toBe(authority);
  });

  it.each([
    ["[FE80::1%eth0]:8080", { host: "fe80::1", port: 8080 }],
    ["Example.com", { host: "example.com", port: 80 }],
    ["example.com:", { host: "example.com", port: 80 }],
    ["2001:db8::1", undefined],
    ["", undefined],
    [":80", undefined],
    ["a:b", undefined],
  ])("is read from the Host field %j", (field, expected) => {
    expect(readAuthority(field, "http:")).toEqual(expected);
  });

  it.each([
    ["fe80::1%eth0", "eth0"],
    ["[fe80::1%25]", "25"],
    ["fe80::1", undefined],
    ["a%b", undefined],
    ["a:b%c", undefined],
    ["fe80::1%a b", undefined],
  ])("has a zone that is asked for by itself: %s", expectMade(zoneOf));
});

describe("resolvePath", () => {
  const posix = { platform: "linux", home: "/home/u", directory: "/work" } as const;
  const windows = { platform: "win32", home: "C:\\Users\\u", directory: "D:\\work" } as const;
  it.each([
    [posix, "/a/../b", "/b", "absolute"],
    [posix, "a/b", "/work/a/b", "relative"],
    [posix, "~/a", "/home/u/a", "home"],
    [posix, "~other/a", "/work/~other/a", "relative"],
    [windows, "C:\\a", "C:\\a", "absolute"],
    [windows, "a\\b", "D:\\work\\a\\b", "relative"],
    [windows, "~\\a", "C:\\Users\\u\\a", "home"],
  ] as const)("on %o reads %s as %s (%s)", (base, text, path, spelling) => {
    expect(resolvePath(text, base)).toEqual({ path, spelling });
  });
});
