import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactUrl } from "./redact.js";
import { expectMade } from "../../test/support/expect-made.js";

describe("redactUrl", () => {
  it.each([
    ["http://proxy:3128", "http://proxy:3128"],
    ["http://u:hunter2@proxy:3128/", "http://***@proxy:3128/"],
    ["u:hunter2@proxy:3128", "***@proxy:3128"],
    ["http://u:hun@ter2@proxy", "http://***@proxy"],
    ["http://host/proxy.pac?token=hunter2", "http://host/proxy.pac?…"],
    ["http://host/dir/proxy-1.pac", "http://host/dir/proxy-1.pac"],
    ["http://host/proxy.pac;token=hunter2", "http://host/…"],
    ["http://[::1]:3128", "http://[::1]:3128"],
    ["http://u:hunter2", "http://…"],
    ["u:hunter2:proxy:80", "…"],
    ["https://h/#hunter2", "https://h/?…"],
  ])("shows %s as %s", expectMade(redactUrl));

  it("never shows what stands before the last @", () => {
    const secret = "S3cr3tS3cr3t";
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (before, between, after) => {
        expect(redactUrl(`http://${before}${secret}${between}@${after}`)).not.toContain(secret);
      }),
    );
  });
});

it("a URL of any length is read in time that grows with it alone", () => {
  const path = "/a".repeat(300_000);
  expect(redactUrl(`http://host${path}`)).toBe(`http://host${path}`);
  expect(redactUrl(`http://host${path}!`)).toBe("http://host/…");
  expect(redactUrl(`http://host${path}?q`)).toBe(`http://host${path}?…`);
});
