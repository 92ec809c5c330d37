import { describe, expect, it } from "vitest";
import { gatewayAt } from "../testing/clients.js";
import { readIntercepted } from "./hosts.js";

describe("a host to open", () => {
  it.each([
    "com",
    "COM.",
    "*.com",
    ".com",
    "com:443",
    "co.uk",
    "*.co.uk",
    "github.io",
    "xn--p1ai",
    "app",
    "kawasaki.jp",
  ])("may not be a public suffix: %s", async (host) => {
    await expect(gatewayAt(undefined, { intercept: [host] })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("is a public suffix") as string,
    });
  });

  it.each(["0.0.0.0/0", "::/0", "0.0.0.0/7", "10.0.0.0-11.0.0.1", "2000::/3", "2001:db8::/31"])(
    "may not be more addresses than one organization has: %s",
    async (host) => {
      await expect(gatewayAt(undefined, { intercept: [host] })).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("holds too many addresses") as string,
      });
    },
  );

  it.each([
    "intranet",
    "localhost",
    "corp",
    "db.internal",
    "example.com",
    "*.corp.example",
    "example.co.uk",
    "me.github.io",
    "10.0.0.0/8",
    "2001:db8::/32",
    "127.0.0.1",
    "[::1]:8443",
  ])("may be %s", (host) => {
    expect(readIntercepted(host)).toMatchObject({ text: host });
  });
});
