import { describe, expect, it } from "vitest";
import type { FaultCode } from "../../base/codes.js";
import { ConnectError, type Hop } from "../../base/errors.js";
import { faultAnswer, isLasting, serializeAnswer, statusOf } from "./answers.js";

const fault = (code: FaultCode, hop: Hop = "target", message = "what happened"): ConnectError =>
  new ConnectError(code, { hop, message, remedy: "what to do" });

describe("an answer to a fault", () => {
  it.each([
    ["DNS_NOT_FOUND", "target", 502],
    ["TCP_REFUSED", "proxy", 502],
    ["TLS_UNTRUSTED_ISSUER", "target", 502],
    ["PROXY_AUTH_REQUIRED", "proxy", 502],
    ["PROXY_FORBIDDEN", "proxy", 502],
    ["TCP_TIMEOUT", "target", 504],
    ["PROXY_TIMEOUT", "proxy", 504],
    ["TLS_TIMEOUT", "target", 504],
    ["PROXY_LOOP", "local", 403],
    ["PROXY_FORBIDDEN", "local", 403],
  ] as const)("%s of the %s is %d", (code, hop, status) => {
    expect(statusOf(fault(code, hop))).toBe(status);
  });

  it("says 504 for a resolver that did not answer in time, and 502 for one that failed", () => {
    expect(statusOf(fault("DNS_FAILED", "target", "the resolver gave no answer for a.example within 5000 ms"))).toBe(
      504,
    );
    expect(statusOf(fault("DNS_FAILED", "target", "the resolver gave no answer for a.example (EAI_AGAIN)"))).toBe(502);
  });

  it.each([
    [undefined, "text"],
    ["*/*", "text"],
    ["text/html,application/xhtml+xml,*/*;q=0.8", "text"],
    ["text/plain, application/json;q=0.5", "text"],
    ["application/json;q=0", "text"],
    ["application/json", "json"],
    ["application/json, text/plain, */*", "json"],
    ["application/problem+json", "json"],
    ["APPLICATION/JSON; charset=utf-8", "json"],
  ] as const)("to Accept %j is %s", (accept, kind) => {
    const { headers, body } = faultAnswer(fault("TCP_REFUSED"), { accept });
    const told = { ok: false, fault: fault("TCP_REFUSED").toJSON() };
    const expected = {
      json: ["application/json; charset=utf-8", `${JSON.stringify(told)}\n`],
      text: ["text/plain; charset=utf-8", "error: what happened [TCP_REFUSED]\nhint: what to do\n"],
    }[kind];
    expect([headers["content-type"], body]).toEqual(expected);
  });

  it("tells clients of APIs not to try again where that cannot help", () => {
    const answered = (code: FaultCode): string | undefined => faultAnswer(fault(code)).headers["x-should-retry"];
    expect(answered("CLIENT_CERT_EXPIRED")).toBe("false");
    expect(answered("TLS_UNTRUSTED_ISSUER")).toBe("false");
    expect(answered("PROXY_AUTH_REJECTED")).toBe("false");
    expect(answered("TCP_REFUSED")).toBeUndefined();
    expect(answered("DNS_NOT_FOUND")).toBeUndefined();
    expect(isLasting({ code: "CONFIG_INVALID", stage: "route" })).toBe(true);
  });

  it("to a CONNECT names the fault in the reason phrase, in printable ASCII on one line", () => {
    const { status, reason } = faultAnswer(
      fault("TCP_REFUSED", "target", `caf\u00e9\r\nSet-Cookie: x ${"y".repeat(500)}`),
      { tunnel: true },
    );
    expect(status).toBe(502);
    expect(reason).toMatch(/^Bad Gateway \[TCP_REFUSED\] caf\?Set-Cookie: x y+$/);
    expect(reason.length).toBeLessThan(250);
  });

  it("is one message on the wire, with the length of its body in bytes", () => {
    const text = serializeAnswer(faultAnswer(fault("TCP_REFUSED", "target", "caf\u00e9"), { close: true }));
    const [head = "", body = ""] = text.split("\r\n\r\n");
    expect(head.split("\r\n")[0]).toBe("HTTP/1.1 502 Bad Gateway");
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
    expect(head).toContain("connection: close");
    expect(head).not.toMatch(/[^\x20-\x7e\r\n]/);
  });
});
