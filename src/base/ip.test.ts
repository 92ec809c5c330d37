import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { embeddedIpv4, formatIp, inRange, isLinkLocal, isLoopback, parseIp, parseIpRange } from "./ip.js";
import { expectMade } from "../../test/support/expect-made.js";

const spelt = (text: string): string | undefined => {
  const address = parseIp(text);
  return address && formatIp(address);
};

const holds = (range: string, address: string): boolean => {
  const parsed = parseIp(address);
  const parsedRange = parseIpRange(range);
  return parsed !== undefined && parsedRange !== undefined && inRange(parsedRange, parsed);
};

describe("parseIp", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["[::1]", "::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["[fe80::1%25en0]", "fe80::1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1::", "1::"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("reads %s as %s", expectMade(spelt));

  it.each([
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::FFFF:a00:1", "10.0.0.1"],
    ["[0:0:0:0:0:ffff:127.0.0.1]", "127.0.0.1"],
  ])("takes the IPv4-mapped %s for the IPv4 address %s", expectMade(spelt));

  it.each([
    ["127.1", "127.0.0.1"],
    ["0x7f.1", "127.0.0.1"],
    ["0177.0.0.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["0x", "0.0.0.0"],
    ["10.0.0.1.", "10.0.0.1"],
  ])("reads %s as a WHATWG URL does: %s", (text, expected) => {
    expect(spelt(text)).toBe(expected);
    expect(new URL(`http://${text}/`).hostname).toBe(expected);
  });

  it.each([
    "",
    "example.com",
    "1.2.3.4.5",
    "256.0.0.1",
    "1.2.3.256",
    "10.0.0.1..",
    "08.0.0.1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::1::",
    ":1",
    "1:",
    "::12345",
    "::g",
    "::1.2.3",
    "1.2.3.4::",
    "[::1",
    "1::2:3:4:5:6:7:8",
    "4294967296",
    "beef",
    "-1",
  ])("finds no address in %j", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it("agrees with the URL parser on whatever stands between brackets", () => {
    const characters = fc.constantFrom(..."0123456789abcdefF:.:::");
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 24 }), (text) => {
        const url = `http://[${text}]/`;
        const expected = URL.canParse(url) ? parseIp(new URL(url).hostname) : undefined;
        // Without a colon, brackets hold no IPv6 address.
        expect(text.includes(":") ? parseIp(text) : undefined).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("agrees with the URL parser on every number-like host", () => {
    const part = fc.oneof(
      fc.nat(300).map(String),
      fc.nat(300).map((n) => `0x${n.toString(16)}`),
      fc.nat(300).map((n) => `0${n.toString(8)}`),
      fc.constantFrom("", "08", "0x", "4294967295", "65536", "16777216"),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.join(".");
        const url = `http://${text}/`;
        fc.pre(text !== "" && /[0-9a-fx]\.?$/.test(text) && !text.startsWith("."));
        expect(spelt(text)).toBe(URL.canParse(url) ? new URL(url).hostname : undefined);
      }),
      { numRuns: 1000 },
    );
  });

  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (value) => {
        const mapped = value >> 32n === 0xffffn;
        fc.pre(!mapped);
        expect(parseIp(formatIp({ family: 6, value }))).toEqual({ family: 6, value });
      }),
    );
  });

  it("throws on no string at all", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void [parseIp(text), parseIpRange(text)]));
  });
});

describe("parseIpRange", () => {
  it.each([
    ["10.0.0.0/8", "10.255.255.255", "11.0.0.0"],
    ["10.42.1.1/24", "10.42.1.200", "10.42.2.0"],
    ["10.0.0.1/32", "10.0.0.1", "10.0.0.2"],
    ["0.0.0.0/0", "203.0.113.7", "2001:db8::1"],
    ["2001:db8::/65", "2001:db8::ffff", "2001:db8:0:0:8000::"],
    ["::/0", "2001:db8::1", "10.0.0.1"],
    ["::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"],
    ["10.0.0.1-10.0.0.9", "10.0.0.9", "10.0.0.10"],
    ["::1-::100", "::ff", "::101"],
    ["[2001:db8::]/32", "2001:db8:1::", "2001:db9::"],
  ])("%s holds %s, and not %s", (range, inside, outside) => {
    expect([inside, outside].map((address) => holds(range, address))).toEqual([true, false]);
  });

  it.each(["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8a", "10.0.0.0/-1", "::/129", "::ffff:10.0.0.0/90"])(
    "finds no range in %j, since that is no length",
    (text) => {
      expect(parseIpRange(text)).toBeUndefined();
    },
  );

  it.each(["10.0.0.9-10.0.0.1", "10.0.0.1-::1", "10.0.0.1-", "example.com"])("finds no range in %j", (text) => {
    expect(parseIpRange(text)).toBeUndefined();
  });
});

describe("loopback and link-local", () => {
  it.each(["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"])("%s is loopback", (text) => {
    expect(isLoopback(parseIp(text)!)).toBe(true);
  });
  it.each(["128.0.0.1", "126.255.255.255", "::2", "0.0.0.0", "fe80::1"])("%s is not loopback", (text) => {
    expect(isLoopback(parseIp(text)!)).toBe(false);
  });
  it.each(["169.254.169.254", "fe80::1", "febf::1"])("%s is link-local", (text) => {
    expect(isLinkLocal(parseIp(text)!)).toBe(true);
  });
  it.each(["169.253.0.1", "fec0::1", "10.0.0.1", "::1"])("%s is not link-local", (text) => {
    expect(isLinkLocal(parseIp(text)!)).toBe(false);
  });
});

describe("an IPv4 address within an IPv6 one", () => {
  it.each([
    ["::a9fe:a9fe"],
    ["::ffff:0:169.254.169.254"],
    ["64:ff9b::169.254.169.254"],
    ["64:ff9b:1::169.254.169.254"],
    ["64:ff9b:1:a9fe:a9:fe00::"],
    ["64:ff9b:1:a9:fe:a9fe::"],
    ["64:ff9b:1:0:a9:fea9:fe00::"],
    ["2002:a9fe:a9fe::1"],
    ["2001:0:a9fe:a9fe::1"],
    ["2001:0:1:1:1:1:5601:5601"],
    ["2001:db8::5efe:a9fe:a9fe"],
    ["2001:db8::200:5efe:a9fe:a9fe"],
  ])("is found in %s", (text) => {
    expect(embeddedIpv4(parseIp(text)!).map(formatIp)).toContain("169.254.169.254");
    // What is let off by its address is not let off by what is in it.
    expect(isLinkLocal(parseIp(text)!)).toBe(false);
  });

  it.each(["2001:db8::a9fe:a9fe", "64:ff9b:2::a9fe:a9fe", "2003:a9fe:a9fe::1", "10.0.0.1", "fe80::1"])(
    "is not sought in %s",
    (text) => {
      expect(embeddedIpv4(parseIp(text)!)).toEqual([]);
    },
  );
});
