import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNoProxy, spellForGlobalAgent, spellNonProxyHosts, spellNoProxy } from "./no-proxy-spelling.js";

/** Without loopback, which every value begins with. */
const spelt = (...entries: string[]): string => spellNoProxy(readNoProxy(["<-loopback>", ...entries]));
const forJava = (...entries: string[]): string => spellNonProxyHosts(readNoProxy(["<-loopback>", ...entries]));

describe("NO_PROXY for all readers at once", () => {
  it("writes a domain for those that take it with its sub-domains, and for those that want an asterisk", () => {
    expect(spelt("Example.com", ".corp.example")).toBe("example.com,*.example.com,corp.example,*.corp.example");
    expect(spelt("example.com:8080")).toBe("example.com:8080,*.example.com:8080");
  });

  it("writes sub-domains alone for those that know the asterisk, and for those that know the dot", () => {
    expect(spelt("*.example.com")).toBe(".example.com,*.example.com");
  });

  it("writes an IPv6 address without brackets, shortened", () => {
    expect(spelt("2001:DB8:0:0::1", "[2001:db8::2]", "2001:db8::3/128")).toBe("2001:db8::1,2001:db8::2,2001:db8::3");
  });

  it("leaves out what ends Python programs on httpx with InvalidURL: brackets, and blocks of IPv6", () => {
    expect(spelt("[2001:db8::1]:8080", "2001:db8::/32", "fe80::-febf::", "a.example")).toBe("a.example,*.a.example");
    expect(spellNoProxy(readNoProxy([]))).not.toMatch(/\[|fe80/);
  });

  it("leaves out punycode, at which the newest SDKs fail, and a block with a port, which curl takes for all ports", () => {
    expect(spelt("bücher.example", "10.0.0.0/8:8080", "a.example")).toBe("a.example,*.a.example");
  });

  it("holds no colon but one before a port and those of a whole IPv6 address, whatever the entries are", () => {
    const entry = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV6().map((address) => `[${address}]`),
      fc
        .tuple(
          fc.oneof(
            fc.domain(),
            fc.constant("*"),
            fc.ipV4(),
            fc.ipV6().map((address) => `[${address}]`),
          ),
          fc.nat(65535),
        )
        .map(([host, port]) => `${host}:${port}`),
      fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, bits]) => `${address}/${bits}`),
      fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, bits]) => `${address}/${bits}`),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        for (const text of spellNoProxy(readNoProxy(entries)).split(",")) {
          expect(isIPv6(text) || /^[^:[\]]*(:\d+)?$/.test(text) ? "" : text).toBe("");
        }
      }),
    );
  });

  it("writes a block also as a range, and a range also as blocks", () => {
    expect(spelt("10.0.0.0/8")).toBe("10.0.0.0/8,10.0.0.0-10.255.255.255");
    expect(spelt("10.0.0.1-10.0.0.6")).toBe("10.0.0.1/32,10.0.0.2/31,10.0.0.4/31,10.0.0.6/32,10.0.0.1-10.0.0.6");
    expect(spelt("0.0.0.0-255.255.255.255")).toBe("0.0.0.0/0,0.0.0.0-255.255.255.255");
  });

  it("writes an asterisk for everything alone, since curl knows it only so", () => {
    expect(spelt("example.com", "*")).toBe("*");
    expect(spelt("*:8080")).toBe("*:8080");
  });

  it("writes no entry twice, and none that cannot be read", () => {
    expect(spelt("a.example", ".a.example", "a b", "http://x/", "*foo*")).toBe("a.example,*.a.example,a,*.a,b,*.b");
  });

  it("begins with loopback and link-local addresses, unless they are to go through the proxy", () => {
    expect(spellNoProxy(readNoProxy([]))).toMatch(/^localhost,\*\.localhost,127\.0\.0\.1,127\.0\.0\.0\/8,.*,::1(,|$)/);
    expect(spelt()).toBe("");
  });
});

describe("GLOBAL_AGENT_NO_PROXY, which global-agent alone reads", () => {
  const forGlobalAgent = (...entries: string[]): string =>
    spellForGlobalAgent(readNoProxy(["<-loopback>", ...entries]));

  it("writes IPv6 in brackets, and an asterisk where others take a dot", () => {
    expect(forGlobalAgent("::1", "[2001:db8::1]:8080", "*.example.com")).toBe("[::1],[2001:db8::1]:8080,*.example.com");
    expect(forGlobalAgent("a.example", "*")).toBe("*");
  });
});

describe("http.nonProxyHosts of Java", () => {
  it("writes names with their sub-domains, separated by bars", () => {
    expect(forJava("example.com", "*.corp.example")).toBe("example.com|*.example.com|*.corp.example");
  });

  it("writes blocks as asterisks, octet by octet", () => {
    expect(forJava("10.0.0.0/8", "192.168.1.7")).toBe("10.*|192.168.1.7");
    expect(forJava("172.16.0.0/12").split("|")).toHaveLength(16);
    expect(forJava("172.16.0.0/12")).toMatch(/^172\.16\.\*\|.*\|172\.31\.\*$/);
    expect(forJava("0.0.0.0/0")).toBe("*");
  });

  it("leaves out what it has no spelling for, so that this goes to the proxy", () => {
    expect(forJava("example.com:8080", "2001:db8::/32", "::1")).toBe("[::1]");
  });

  it("has an asterisk for everything", () => {
    expect(forJava("*", "example.com")).toBe("*");
  });
});
