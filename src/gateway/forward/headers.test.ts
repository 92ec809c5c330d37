import { expect, test } from "vitest";
import { requestHeaders } from "./headers.js";

const to = { host: "origin.test", method: "GET", via: undefined, upgrade: false };

/** As they stand in a head, in the form that node:http gives and takes. */
const raw = (...lines: readonly string[]): string[] => lines.flatMap((line) => line.split(/: (.*)/).slice(0, 2));

test("a request for the upstream names the target alone as its host, and tells its way only where it may", () => {
  const given = raw("X-B: 2", "host: front:8080", "x-b: 3", "ACCEPT: */*");
  expect(requestHeaders(given, to)).toEqual(raw("Host: origin.test", "X-B: 2", "x-b: 3", "ACCEPT: */*"));
  expect(
    requestHeaders(raw("Host: x", "Connection: Upgrade", "Upgrade: a"), { ...to, upgrade: true, via: "1.1 me" }),
  ).toEqual(raw("Host: origin.test", "Connection: Upgrade", "Upgrade: a", "Via: 1.1 me"));
});

test("the status page's cookie, which browsers send to every port of this machine, stays here", () => {
  const given = { host: "a.test", method: "GET", via: undefined, upgrade: false };
  const cookies = (line: string): string[] =>
    requestHeaders(raw(line), given).filter((_, index, all) => /^cookie$/i.test(all[index - 1] ?? ""));
  expect(cookies("Cookie: a=1; sallyport-status-8118=secret; b=2")).toEqual(["a=1; b=2"]);
  for (const before of ["\t", " ", "  ", " \t", "\u00a0", ""]) {
    expect(cookies(`Cookie: a=1;${before}sallyport-status-8118=secret;${before}b=2`).join()).not.toContain("secret");
    expect(cookies(`Cookie: a=1,${before}sallyport-status-8118=secret`)).toEqual(["a=1"]);
    expect(cookies(`COOKIE: ${before}Sallyport-Status-8118=secret; a=1`)).toEqual(["a=1"]);
  }
  expect(cookies("Cookie: sallyport-status-1=secret; sallyport-status-2=secret;b=x,y")).toEqual(["b=x,y"]);
  const twice = [...raw("Cookie: a=1"), ...raw("cookie: b=2;\tsallyport-status-8118=secret")];
  expect(requestHeaders(twice, given).join()).toMatch(/a=1.*b=2$/);
  expect(cookies("Cookie: a=1;b=2; c=sallyport-status")).toEqual(["a=1;b=2; c=sallyport-status"]);
  expect(requestHeaders(raw("cookie: sallyport-status=secret"), given).join()).not.toMatch(/cookie/i);
});
