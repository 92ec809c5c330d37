import { describe, expect, test } from "vitest";
import type { Evidence, Sight } from "./evidence.js";
import { faultIn, judge, wordsFor } from "./judge.js";
import { expectMade } from "../support/expect-made.js";

const target = "api.lab.test:4433";

function sight(more: Partial<Sight> = {}): Sight {
  return {
    target,
    host: "api.lab.test",
    direct: false,
    inspected: false,
    loginNeeded: false,
    peer: undefined,
    visits: [{ peer: undefined, proxyLogin: undefined }],
    sideDoor: 0,
    readByProxy: 0,
    ...more,
  };
}

/** A client that went through an open proxy, as it should. */
function evidence(more: Partial<Evidence> = {}): Evidence {
  return {
    status: 0,
    timedOut: false,
    stdout: "",
    stderr: "",
    sights: [sight()],
    tunnels: [{ target, granted: true, login: false }],
    questions: [],
    proxyTls: "none",
    logins: ["Basic cHJveHk6bG9naW4="],
    proxyPeers: [],
    ...more,
  };
}

const verdict = (more: Partial<Evidence>): string => wordsFor(judge(evidence(more)));

describe("a client that says all is well", () => {
  test("works where the logs say so, too", () => {
    expect(verdict({})).toBe("works");
  });

  test("does not work when the origin has never heard of it", () => {
    expect(verdict({ sights: [sight({ visits: [] })] })).toBe("api.lab.test was never asked");
  });

  test("does not work when the proxy opened nothing for it", () => {
    expect(verdict({ tunnels: [] })).toBe("the proxy opened nothing to api.lab.test");
    expect(verdict({ tunnels: [{ target, granted: false, login: false }] })).toMatch(/opened nothing/);
    expect(verdict({ tunnels: [{ target: "other.lab.test:4433", granted: true, login: false }] })).toMatch(/nothing/);
  });

  test("does not work when the proxy that wants a login saw none", () => {
    expect(verdict({ sights: [sight({ loginNeeded: true })] })).toBe("the proxy saw no login");
  });

  test("does not work when a certificate was due and not shown by each request", () => {
    const shown = { peer: "alice", proxyLogin: undefined };
    const certified = { sights: [sight({ peer: "alice", visits: [shown, shown] })] };
    expect(verdict(certified)).toBe("works");
    const half = [sight({ peer: "alice", visits: [shown, { peer: undefined, proxyLogin: undefined }] })];
    expect(verdict({ sights: half })).toBe("api.lab.test saw no certificate");
  });

  test("does not work when the inspector has read nothing, or a TLS proxy was not spoken to", () => {
    expect(verdict({ sights: [sight({ inspected: true })] })).toBe("the proxy read nothing");
    expect(verdict({ proxyTls: "missing" })).toBe("the proxy saw no TLS");
  });

  test("must have gone directly to a host that NO_PROXY names", () => {
    const inside = sight({ direct: true, sideDoor: 1 });
    expect(verdict({ sights: [inside], tunnels: [], questions: ["api.lab.test"] })).toBe("works");
    expect(verdict({ sights: [inside] })).toBe("api.lab.test was reached by the proxy");
    expect(verdict({ sights: [sight({ direct: true })], tunnels: [] })).toBe("api.lab.test was not reached directly");
  });
});

describe("a leak counts whatever came of it", () => {
  test("a connection past the proxy", () => {
    expect(verdict({ sights: [sight({ sideDoor: 1 })] })).toBe("LEAK: direct");
    expect(verdict({ sights: [sight({ sideDoor: 1 })], status: 1, timedOut: true })).toBe("LEAK: direct");
  });

  test("a question to the DNS, for any name", () => {
    expect(verdict({ questions: ["api.lab.test"] })).toBe("LEAK: DNS");
    expect(verdict({ questions: ["telemetry.example"] })).toBe("LEAK: DNS");
  });

  test("the certificate shown to the proxy, and the proxy's login to the origin", () => {
    expect(verdict({ proxyPeers: ["alice"] })).toBe("LEAK: secret");
    const after = (proxyLogin: string) => verdict({ sights: [sight({ visits: [{ peer: undefined, proxyLogin }] })] });
    expect(after("Basic cHJveHk6bG9naW4=")).toBe("LEAK: secret");
    expect(after("Negotiate YII=")).toBe("LEAK: secret");
    // A gateway's own token.
    expect(after("Basic c2FsbHlwb3J0OnRva2Vu")).toBe("works");
  });
});

describe("a client that fails", () => {
  test("is silent when its time is up and it has said nothing that helps", () => {
    expect(verdict({ status: null, timedOut: true, stderr: "retrying…" })).toBe("silent");
    expect(verdict({ status: null, timedOut: true, stderr: "retrying after ECONNRESET" })).toBe("ECONNRESET");
  });

  test("is not named by what sallyport says in the beginning, nor by colours", () => {
    const stderr = "sallyport: through http://proxy:3128; a gateway (a login that some programs cannot present)";
    expect(verdict({ status: 1, stderr, stdout: "\u001B[31mERROR\u001B[0m aborted" })).toBe("ERROR aborted");
  });

  test.each([
    ["error: the proxy wants a login [PROXY_AUTH_REQUIRED]\nhint: …", "PROXY_AUTH_REQUIRED"],
    ['{"ok":false,"fault":{"code":"TLS_INSPECTED","stage":"tls"}}', "TLS_INSPECTED"],
    ["cause: { code: 'SELF_SIGNED_CERT_IN_CHAIN' } ECONNRESET", "SELF_SIGNED_CERT_IN_CHAIN"],
    ["AxiosError: Request failed with status code 407\n  code: 'ERR_BAD_REQUEST'", "status code 407"],
    ["curl: (60) SSL certificate problem", "curl: (60)"],
    ["    at Socket.<anonymous>\nError: Unsupported proxy `ftp:`\nNode.js v24", "Error: Unsupported proxy ftp:"],
    ["undici:1\n    error: new TypeError(reason)\n\nTypeError\n    at here\nNode.js v24", "TypeError"],
    ["ERROR: Exception:\nTraceback:\nx.InvalidSchema: Missing dependencies", "InvalidSchema: Missing dependencies"],
    ["could not write /tmp/cell-x1/a.txt to localhost:43210", "could not write … to localhost"],
    ["11/28 06:13:20 [ERROR] CUID#7 - Download aborted.", "[ERROR] CUID#7 - Download aborted."],
    ["11/28 06:13:20 [ERROR] CUID#7\n-> The response status is not successful. status=407", "status=407"],
    ["[8945/061246.486538:ERROR:net/socket.cc:405] Failed", "Failed"],
    ["", "no word"],
  ])("is named by what its output says best: %j", expectMade(faultIn));
});
