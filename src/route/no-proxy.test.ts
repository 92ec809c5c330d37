import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNoProxy } from "../policy/index.js";
import { matchNoProxy } from "./index.js";

const goesDirect = (noProxy: string, host: string, port = 443): boolean =>
  matchNoProxy(parseNoProxy(noProxy, "NO_PROXY").rules, host, port) !== undefined;

describe("rulings", () => {
  it.each([
    ["example.com", "EXAMPLE.com.", 443, true],
    ["Example.COM.", "a.b.example.com", 443, true],
    ["*.example.com", "example.com", 443, false],
    ["*.example.com", "a.b.example.com", 443, true],
    ["example.com:443", "example.com", 443, true],
    ["example.com:443", "example.com", 8443, false],
    [".example.com:8080", "a.example.com", 8080, true],
    ["*.example.com:8080", "a.example.com", 443, false],
    ["*:8080", "anything.test", 8080, true],
    ["[2001:db8::1]:443", "[2001:DB8:0::1]", 443, true],
    ["[2001:db8::1]:443", "2001:db8::1", 80, false],
    ["2001:db8:0:0::1", "[2001:db8::1]", 443, true],
    ["::ffff:10.0.0.1", "10.0.0.1", 443, true],
    ["10.0.0.1", "::ffff:a00:1", 443, true],
    ["10.0.0.0/8", "10.example.com", 443, false],
    ["10.0.0.0/8:8080", "10.1.1.1", 8080, true],
    ["10.0.0.0/8:8080", "10.1.1.1", 80, false],
    ["1", "10.0.0.1", 443, false],
    ["0.1", "10.0.0.1", 443, false],
    ["bücher.example", "xn--bcher-kva.example", 443, true],
    ["xn--bcher-kva.example", "BÜCHER.example", 443, true],
    ["*", "10.0.0.1", 1, true],
    ["a_b", "a_b", 1, true],
  ] as const)("NO_PROXY=%s, %s:%i -> direct: %s", (noProxy, host, port, expected) => {
    expect(goesDirect(noProxy, host, port)).toBe(expected);
  });
});

describe("for every value", () => {
  const label = fc.constantFrom("example", "corp", "a", "test", "xn--bcher-kva", "1");
  const hostname = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
  const ipv4 = fc.ipV4();
  const valid = fc.oneof(
    hostname,
    hostname.map((name) => `.${name}`),
    hostname.map((name) => `*.${name}`),
    ipv4,
    fc.ipV6(),
    ipv4.map((address) => `${address}/8`),
    fc.constantFrom("*", "*:80", "<-loopback>", "localhost:80"),
  );
  const rubbish = fc.string({ unit: fc.constantFrom(...".*:/[]-<>@%0123456789abcdefx"), maxLength: 15 });
  const entry = fc.oneof(valid, rubbish).filter((text) => text !== "");
  const entries = fc.array(entry, { maxLength: 6 });
  const host = fc.oneof(
    hostname,
    ipv4,
    fc.ipV6().map((address) => `[${address}]`),
    fc.constant("localhost"),
  );
  const port = fc.constantFrom(80, 443, 8080);
  const separator = fc.constantFrom(",", " ", ", ", "\t", "\n", " , ", ",,", ",\r\n");

  it("neither parser nor matcher throws", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        fc.integer(),
        (noProxy, name, number) => void goesDirect(noProxy, name, number),
      ),
      { numRuns: 2000 },
    );
  });

  it("the order of the entries does not change the outcome", () => {
    const shuffled = entries.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, host, port, ([list, other], name, number) => {
        expect(goesDirect(other.join(","), name, number)).toBe(goesDirect(list.join(","), name, number));
      }),
      { numRuns: 2000 },
    );
  });

  it("upper and lower case do not change the outcome", () => {
    fc.assert(
      fc.property(entries, host, port, (list, name, number) => {
        const expected = goesDirect(list.join(","), name, number);
        expect(goesDirect(list.join(",").toUpperCase(), name, number)).toBe(expected);
        expect(goesDirect(list.join(","), name.toUpperCase(), number)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("separators do not change the outcome", () => {
    fc.assert(
      fc.property(
        entries,
        fc.array(separator, { minLength: 7, maxLength: 7 }),
        host,
        port,
        (list, separators, name, number) => {
          const spaced = `${separators[6]}${list.map((text, index) => `${text}${separators[index]}`).join("")}`;
          expect(goesDirect(spaced, name, number)).toBe(goesDirect(list.join(","), name, number));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("more entries never send a host to the proxy that went direct before", () => {
    fc.assert(
      fc.property(entries, entry, host, port, (list, added, name, number) => {
        const before = goesDirect(list.join(","), name, number);
        expect(goesDirect([...list, added].join(","), name, number) || !before).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
