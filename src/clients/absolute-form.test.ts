import { describe, expect, test } from "vitest";
import { absoluteForm } from "./absolute-form.js";

describe("the absolute form of a request to origin.test", () => {
  test.each([
    ["/path?query", "http://origin.test/path?query"],
    ["", "http://origin.test/"],
    ["?query", "http://origin.test/?query"],
    ["path", "http://origin.test/path"],
    ["@evil.test/x", "http://origin.test/@evil.test/x"],
    [":81/x", "http://origin.test/:81/x"],
    ["\\@evil.test/x", "http://origin.test/\\@evil.test/x"],
    ["//evil.test/x", "http://origin.test//evil.test/x"],
    ["HTTP://ORIGIN.test:80?query", "http://origin.test/?query"],
    ["http://origin.test\\@evil.test/x", "http://origin.test/\\@evil.test/x"],
    ["*", "http://origin.test/*"],
  ])("with the path %j is %s", (path, expected) => {
    expect(absoluteForm("origin.test", path, "GET")).toBe(expected);
  });

  test("has no path for OPTIONS * (RFC 9112 section 3.2.4)", () => {
    expect(absoluteForm("origin.test", "*", "OPTIONS")).toBe("http://origin.test");
  });

  test.each([
    "http://evil.test/x",
    "https://origin.test/x",
    "http://origin.test:81/x",
    "http://origin.test@evil.test/x",
    "http://user:pass@origin.test/x",
    "http:///evil.test",
  ])("is refused for %s", (path) => {
    expect(() => absoluteForm("origin.test", path, "GET")).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", hop: "local" }) as Error,
    );
  });

  test.each(["origin.test/x@evil.test", "user@evil.test", "evil.test#", "a b"])(
    "is refused for the host %j",
    (host) => {
      expect(() => absoluteForm(host, "/", "GET")).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }) as Error,
      );
    },
  );
});
