import { describe, expect, test } from "vitest";
import { answerHeaders, announcesBody, fieldPairs, requestHeaders } from "./headers.js";

const to = { host: "origin.test", method: "GET", via: undefined, upgrade: undefined };
const post = { ...to, method: "POST" };

/** As they stand in a head, in the form that node:http gives and takes. */
const raw = (...lines: readonly string[]): string[] => lines.flatMap((line) => line.split(/: (.*)/).slice(0, 2));

describe("a request for the upstream", () => {
  test("keeps order, spelling and repetitions, and names the target alone as its host", () => {
    expect(requestHeaders(raw("X-B: 2", "host: front:8080", "x-b: 3", "Cookie: a=1", "ACCEPT: */*"), to)).toEqual(
      raw("Host: origin.test", "X-B: 2", "x-b: 3", "Cookie: a=1", "ACCEPT: */*"),
    );
  });

  test("carries nothing that was meant for the gateway", () => {
    const login = raw("Proxy-Authorization: Basic c2VjcmV0", "Proxy-Connection: keep-alive", "Keep-Alive: timeout=5");
    const hop = raw("Connection: close, X-Hop", "X-Hop: 1", "x-hop: 2", "Upgrade: h2c", "TE: gzip;q=0.5");
    expect(requestHeaders([...raw("Host: x"), ...login, ...hop, ...raw("X-End: 3")], to)).toEqual(
      raw("Host: origin.test", "X-End: 3"),
    );
  });

  test("keeps what Connection has no business to name", () => {
    expect(
      requestHeaders(raw("Host: x", "Connection: host, content-length, close", "Content-Length: 3"), post),
    ).toEqual(raw("Host: origin.test", "Content-Length: 3"));
  });

  test("says that trailers are welcome where the client has said so", () => {
    expect(requestHeaders(raw("Host: x", "TE: deflate, trailers;q=1"), to)).toEqual(
      raw("Host: origin.test", "TE: trailers", "Connection: TE"),
    );
  });

  test("has the length that it came with, and none by chunks where it had no body", () => {
    expect(requestHeaders(raw("Host: x", "Transfer-Encoding: Chunked", "Trailer: X-Sum"), post)).toEqual(
      raw("Host: origin.test", "Trailer: X-Sum", "Transfer-Encoding: chunked"),
    );
    expect(requestHeaders(raw("Host: x"), post)).toEqual(raw("Host: origin.test", "Content-Length: 0"));
    expect(requestHeaders(raw("Host: x"), { ...to, method: "DELETE" })).toEqual(raw("Host: origin.test"));
  });

  test("asks for another protocol only where that is meant, and tells its way only where it may", () => {
    const asked = raw("Host: x", "Connection: Upgrade", "Upgrade: websocket");
    expect(requestHeaders(asked, to)).toEqual(raw("Host: origin.test"));
    expect(requestHeaders(asked, { ...to, upgrade: "websocket", via: "1.1 me" })).toEqual(
      raw("Host: origin.test", "Upgrade: websocket", "Connection: Upgrade", "Via: 1.1 me"),
    );
  });
});

test("an answer keeps all but what is between neighbours", () => {
  const hop = raw("Connection: X-Hop", "X-Hop: 1", "Transfer-Encoding: chunked");
  expect(answerHeaders([...raw("Set-Cookie: a=1", "set-cookie: b=2"), ...hop, ...raw("Trailer: X-Sum")])).toEqual(
    raw("Set-Cookie: a=1", "set-cookie: b=2", "Trailer: X-Sum"),
  );
  expect(answerHeaders(raw("Location: a", "X-Location: a"), (value) => `${value}!`)).toEqual(
    raw("Location: a!", "X-Location: a"),
  );
});

test("trailers come in pairs", () => {
  expect(fieldPairs(raw("X-A: 1", "Connection: x", "X-B: 2"))).toEqual([
    ["X-A", "1"],
    ["X-B", "2"],
  ]);
});

test("a body is announced by chunks or by a length that is not 0", () => {
  expect(announcesBody(raw("Content-Length: 0"))).toBe(false);
  expect(announcesBody(raw("content-length: 5"))).toBe(true);
  expect(announcesBody(raw("transfer-encoding: chunked"))).toBe(true);
  expect(announcesBody(raw("X: Content-Length"))).toBe(false);
});

test("the status page's cookie, which browsers send to every port of this machine, stays here", () => {
  const given = { host: "a.test", method: "GET", via: undefined, upgrade: undefined };
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
