import { describe, expect, test } from "vitest";
import { answerFields, announcesBody, fieldPairs, requestFields, revalued } from "./headers.js";

const get = { method: "GET", upgrade: false };
const post = { ...get, method: "POST" };

/** As they stand in a head, in the form that node:http gives and takes. */
const raw = (...lines: readonly string[]): string[] => lines.flatMap((line) => line.split(/: (.*)/).slice(0, 2));

describe("a request for the upstream", () => {
  test("keeps order, spelling and repetitions", () => {
    const fields = raw("X-B: 2", "host: origin.test", "x-b: 3", "Cookie: a=1", "ACCEPT: */*");
    expect(requestFields(fields, get)).toEqual(fields);
  });

  test("carries nothing that was meant for the neighbour of the client", () => {
    const login = raw("Proxy-Authorization: Basic c2VjcmV0", "Proxy-Connection: keep-alive", "Keep-Alive: timeout=5");
    const hop = raw("Connection: close, X-Hop", "X-Hop: 1", "x-hop: 2", "Upgrade: h2c", "TE: gzip;q=0.5");
    expect(requestFields([...raw("Host: x"), ...login, ...hop, ...raw("X-End: 3")], get)).toEqual(
      raw("Host: x", "X-End: 3"),
    );
  });

  test("keeps what Connection has no business to name", () => {
    expect(requestFields(raw("Host: x", "Connection: host, content-length, close", "Content-Length: 3"), post)).toEqual(
      raw("Host: x", "Content-Length: 3"),
    );
  });

  test("says that trailers are welcome where the client has said so", () => {
    expect(requestFields(raw("TE: deflate, trailers;q=1", "X: 1"), get)).toEqual(
      raw("TE: trailers", "X: 1", "Connection: TE"),
    );
    expect(requestFields(raw("connection: te, close", "TE: trailers"), get)).toEqual(
      raw("connection: te", "TE: trailers"),
    );
  });

  test("has the length that it came with, and none by chunks where it had no body", () => {
    const chunked = raw("Host: x", "Transfer-Encoding: Chunked", "Trailer: X-Sum");
    expect(requestFields(chunked, post)).toEqual(chunked);
    expect(requestFields(raw("Host: x"), post)).toEqual(raw("Host: x", "Content-Length: 0"));
    expect(requestFields(raw("Host: x"), { ...get, method: "DELETE" })).toEqual(raw("Host: x"));
  });

  test("announces no trailers that could not be sent", () => {
    expect(requestFields(raw("Content-Length: 3", "Trailer: X-Sum"), post)).toEqual(raw("Content-Length: 3"));
  });

  test("asks for another protocol only where that is meant", () => {
    const asked = raw("Connection: keep-alive, upgrade", "Host: x", "Upgrade: websocket");
    expect(requestFields(asked, get)).toEqual(raw("Host: x"));
    expect(requestFields(asked, { ...get, upgrade: true })).toEqual(
      raw("Connection: upgrade", "Host: x", "Upgrade: websocket"),
    );
    expect(
      requestFields(raw("Upgrade: websocket", "Connection: Upgrade, X", "Connection: upgrade"), {
        ...get,
        upgrade: true,
      }),
    ).toEqual(raw("Upgrade: websocket", "Connection: Upgrade"));
  });
});

test("an answer keeps all but what is between neighbours", () => {
  const hop = raw("Connection: X-Hop", "X-Hop: 1", "Transfer-Encoding: chunked");
  expect(answerFields([...raw("Set-Cookie: a=1", "set-cookie: b=2"), ...hop, ...raw("Trailer: X-Sum")])).toEqual(
    raw("Set-Cookie: a=1", "set-cookie: b=2", "Trailer: X-Sum"),
  );
});

test("a field is given another value in its place", () => {
  expect(revalued(raw("LOCATION: a", "X-Location: a"), "location", (value) => `${value}!`)).toEqual(
    raw("LOCATION: a!", "X-Location: a"),
  );
  expect(revalued(raw("X: 1", "Cookie: a", "Y: 2"), "cookie", () => undefined)).toEqual(raw("X: 1", "Y: 2"));
});

test("fields come in pairs", () => {
  expect(fieldPairs(raw("X-A: 1", "X-B: 2"))).toEqual([
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
