import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as der from "./der-write.js";
import { readChildren, readElement, readInteger, readOid } from "./der.js";

describe("what is written is what the reader reads", () => {
  test("object identifiers", () => {
    const arc = fc.integer({ min: 0, max: 2 ** 31 });
    const oids = fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 39 }), fc.array(arc));
    fc.assert(
      fc.property(oids, ([first, second, rest]) => {
        const dotted = [first, second, ...rest].join(".");
        expect(readOid(readElement(der.oid(dotted)))).toBe(dotted);
      }),
    );
  });

  test("contents of every length, on both sides of the limits of its octets", () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const element = readElement(der.sequence(der.octetString(Buffer.alloc(length, 7)), der.oid("1.2.3")));
      const [octets, oid] = readChildren(element);
      expect(octets?.contents).toEqual(Buffer.alloc(length, 7));
      expect(oid && readOid(oid)).toBe("1.2.3");
    }
  });

  test("integers, in as few octets as they need", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (value) => {
        const octets = Buffer.alloc(6);
        octets.writeUIntBE(value, 0, 6);
        const written = der.integer(octets);
        expect(readInteger(readElement(written))).toBe(value);
        const [first = 0, second = 0] = written.subarray(2);
        expect(first === 0 && written.length > 3 && second < 0x80).toBe(false);
        expect(first).toBeLessThan(0x80);
      }),
    );
  });
});

test("flags leave out their trailing zeros and say how many", () => {
  expect(der.namedBits(0).toString("hex")).toBe("03020780");
  expect(der.namedBits(5, 6).toString("hex")).toBe("03020106");
});

test("bit strings say that no bit of their last octet is unused", () => {
  expect(der.bitString(Buffer.of(0xab)).toString("hex")).toBe("030200ab");
});

test("times have two digits for the year until 2049, and four from 2050 on", () => {
  expect(der.time(new Date("2049-12-31T23:59:59.999Z")).toString("latin1", 2)).toBe("491231235959Z");
  expect(der.time(new Date("2050-01-01T00:00:00Z")).toString("latin1", 2)).toBe("20500101000000Z");
});
