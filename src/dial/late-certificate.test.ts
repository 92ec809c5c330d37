import { describe, expect, test } from "vitest";
import type { Identities } from "../identity/types.js";
import { isLimited, LateOrigin, lateOrigin } from "./late-certificate.js";
import { testIdentity } from "./testing/context.js";

describe("what is known of an origin", () => {
  test("a path that was tried in vain is not tried again, whatever its query, and others are", () => {
    const origin = new LateOrigin(() => 0);
    expect(origin.suspect("/a?one")).toBe(true);
    origin.tried("/a?two", false);
    expect([origin.suspect("/a#three"), origin.limited]).toEqual([false, false]);
    expect([origin.suspect("/b"), origin.limited]).toEqual([true, true]);
  });

  test("a path is suspected until it has been tried itself", () => {
    const origin = new LateOrigin(() => 0);
    origin.suspect("/a");
    origin.tried("/other", false);
    expect(origin.limited).toBe(true);
    origin.tried("/a", false);
    expect(origin.limited).toBe(false);
  });

  test("an origin that was seen to ask stays limited, and one that refuses TLS 1.2 never is", () => {
    const origin = new LateOrigin(() => 0);
    origin.suspect("/a");
    origin.tried("/a", true);
    origin.tried("/other", false);
    expect(origin.limited).toBe(true);
    origin.refuse();
    expect([origin.limited, origin.suspect("/b")]).toEqual([false, false]);
  });

  test("ten minutes later the way may be another one", () => {
    let now = 0;
    const origin = new LateOrigin(() => now);
    origin.suspect("/a");
    origin.tried("/a", false);
    now = 599_999;
    expect(origin.suspect("/a")).toBe(false);
    now = 600_000;
    expect(origin.suspect("/a")).toBe(true);
  });

  test("a server that refuses everything is tried for a few of its paths, and no more", () => {
    const origin = new LateOrigin(() => 0);
    const tried = Array.from({ length: 100 }, (_, index) => `/${index}`).filter((path) => {
      const worth = origin.suspect(path);
      origin.tried(path, false);
      return worth;
    });
    expect(tried).toHaveLength(16);
  });
});

describe("the memory of origins", () => {
  const identities = (): Identities => ({ origins: [], broken: [], faults: [], warnings: [] });
  const [alice, bob] = [testIdentity("", "", "alice"), testIdentity("", "", "bob")];

  test("is one for each identity, and for each set of settings", () => {
    const settings = identities();
    lateOrigin(settings, alice, "host", () => 0).suspect("/");
    expect(isLimited(settings, alice, "host")).toBe(true);
    expect(isLimited(settings, bob, "host")).toBe(false);
    expect(isLimited(identities(), alice, "host")).toBe(false);
  });

  test("forgets the origins that were not dialled for longest", () => {
    const settings = identities();
    lateOrigin(settings, alice, "first", () => 0).suspect("/");
    lateOrigin(settings, alice, "second", () => 0).suspect("/");
    for (let count = 0; count < 255; count++) {
      lateOrigin(settings, alice, `host-${count}`, () => 0);
      lateOrigin(settings, alice, "first", () => 0);
    }
    expect(isLimited(settings, alice, "first")).toBe(true);
    expect(isLimited(settings, alice, "second")).toBe(false);
  });
});
