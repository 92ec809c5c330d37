import { describe, expect, it } from "vitest";
import { Names, standsForName } from "./names.js";

describe("addresses that stand for names", () => {
  it("lie in the block for benchmarks, and lead back", () => {
    const names = new Names();
    const [one, other] = [names.addressFor("api.example.com"), names.addressFor("git.example.com")];
    expect([one, other, names.addressFor("api.example.com")]).toEqual(["198.18.1.0", "198.18.1.1", "198.18.1.0"]);
    expect([one, other].map((address) => names.nameOf(address))).toEqual(["api.example.com", "git.example.com"]);
    expect(["198.18.9.9", "198.20.0.0", "203.0.113.1", "::1"].map((address) => names.nameOf(address))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(["198.18.0.0", "198.19.255.255", "198.20.0.0", "198.17.255.255", "::1"].map(standsForName)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("are bounded in a flood of names: the one used longest ago is given up, and its address is not another's at once", () => {
    const names = new Names(3);
    const kept = names.addressFor("kept.example");
    const old = names.addressFor("old.example");
    const lost = Array.from({ length: 1000 }, (_, index) => {
      names.addressFor(`flood-${index}.example`);
      return names.nameOf(kept);
    }).filter((name) => name !== "kept.example");
    expect(lost).toEqual([]);
    expect(names.nameOf(old)).toBeUndefined();
    expect(names.addressFor("old.example")).not.toBe(old);
  });

  it("come round when all have had their turn, and never to two names", () => {
    const names = new Names(2);
    const kept = names.addressFor("kept.example");
    let twice = 0;
    for (let index = 0; index < 1 << 17; index++) {
      if (names.addressFor(`flood-${index}.example`) === kept) twice++;
      names.nameOf(kept);
    }
    expect([twice, names.nameOf(kept)]).toEqual([0, "kept.example"]);
  });
});
