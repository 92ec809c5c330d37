import { describe, expect, test } from "vitest";
import { headLimit, ResponseHeadReader } from "./response-head.js";
import { challengeSchemes } from "./login/faults.js";
import { expectMade } from "../../test/support/expect-made.js";

const parse = (text: string) => new ResponseHeadReader().push(Buffer.from(text, "latin1"));

describe("the head of a proxy's answer", () => {
  test("is read with its fields in lower case, and what follows is kept", () => {
    const head = parse("HTTP/1.1 200 Connection established\r\nVia: a\r\nVIA: b\r\n\r\nrest");
    expect(head).toMatchObject({ status: 200, reason: "Connection established" });
    if (typeof head === "string") throw new Error(head);
    expect(head.headers.get("via")).toBe("a, b");
    expect(head.rest.toString()).toBe("rest");
  });

  test("may have no reason, and bare line feeds", () => {
    expect(parse("HTTP/1.0 200\r\n\r\n")).toMatchObject({ status: 200, reason: "" });
    expect(parse("HTTP/1.1 403 No\nX: y\n\n")).toMatchObject({ status: 403, reason: "No" });
  });

  test("is awaited while it may still become one, byte by byte", () => {
    const whole = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    for (let i = 0; i < whole.length; i++) expect(parse(whole.slice(0, i))).toBe("incomplete");
    expect(parse(whole)).toMatchObject({ status: 200 });
  });

  test("is the same in whatever pieces it comes, with interim answers before it", () => {
    const whole = "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 103\n\nHTTP/1.1 407 No\r\nC: d\r\n\r\n";
    for (let size = 1; size <= whole.length; size++) {
      const reader = new ResponseHeadReader();
      const told: unknown[] = [];
      for (let at = 0; at < whole.length; at += size) told.push(reader.push(Buffer.from(whole.slice(at, at + size))));
      expect(told.pop()).toMatchObject({ status: 407, headers: new Map([["c", "d"]]) });
      expect(told.every((one) => one === "incomplete")).toBe(true);
    }
  });

  test("is told from other protocols at their first bytes", () => {
    expect(parse("SSH-2.0-OpenSSH_9")).toBe("invalid");
    expect(parse("\u0015\u0003\u0001")).toBe("invalid");
    expect(parse("HTTP/2 200\r\n\r\n")).toBe("invalid");
    expect(parse("HTTP/1.1 abc\r\n\r\n")).toBe("invalid");
  });

  test("without an end is given up at the limit", () => {
    expect(parse(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(headLimit)}`)).toBe("invalid");
  });
});

describe("the schemes of a challenge", () => {
  test.each([
    ['Basic realm="lab"', ["Basic"]],
    ["Negotiate, NTLM", ["Negotiate", "NTLM"]],
    ['Digest realm="a, Basic b", qop="auth", nonce="x", Basic realm="y"', ["Digest", "Basic"]],
    ['Negotiate, Basic realm="Fake, NTLM"', ["Negotiate", "Basic"]],
    ["NTLM TlRMTVNTUAACAAAA==", ["NTLM"]],
    ["", []],
  ])("%s", expectMade(challengeSchemes));
});
