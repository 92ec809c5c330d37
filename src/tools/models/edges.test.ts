import { describe, expect, it } from "vitest";
import { resolvePolicy } from "../../policy/index.js";
import { readAll } from "./index.js";

const proxy = "http://proxy.test:3128";
const own = { protocol: "http", host: "proxy.test", port: 3128 };

/** What each modelled tool makes of this value. */
function made(value: string, no_proxy = ""): Record<string, string> {
  const url = new URL("http://target.test/");
  return Object.fromEntries(
    readAll(url, { http_proxy: value, HTTP_PROXY: value, no_proxy, NO_PROXY: no_proxy }, own).map(({ id, outcome }) => [
      id,
      outcome,
    ]),
  );
}

describe("a proxy's value that has something at its end", () => {
  // As the programs did, on this value and no other: test/real/readers.test.ts asks those that are installed again.
  it("is read as each tool reads it", () => {
    expect(made(`${proxy}\r`)).toMatchObject({ curl: "error", go: "direct", bun: "error", axios: "proxy" });
    expect(made(`${proxy}\r`)).toMatchObject({ "node24-http": "error", undici7: "proxy", deno: "error" });
    expect(made(`${proxy} `)).toMatchObject({ curl: "error", go: "error", "node24-http": "proxy", axios: "proxy" });
    expect(made(` ${proxy}`)).toMatchObject({ curl: "error", go: "direct", "node24-http": "direct", axios: "proxy" });
    expect(made(`\ufeff${proxy}`)).toMatchObject({ curl: "error", go: "error", undici7: "error", axios: "error" });
    expect(made(`${proxy}\u200b`)).toMatchObject({ curl: "error", "node22-http": "error", undici8: "error" });
  });

  it("is named in the reason", () => {
    const [curl] = readAll(new URL("http://target.test/"), { http_proxy: `${proxy}\r` }, own);
    expect(curl?.reason).toBe("it does not take the carriage return off http_proxy, and fails");
  });
});

it("of NO_PROXY is part of the name to curl, and to some where nobody sees it", () => {
  expect(made(proxy, "target.test\r")).toMatchObject({ curl: "proxy", go: "direct", bun: "direct", deno: "direct" });
  expect(made(proxy, "\ufefftarget.test")).toMatchObject({
    curl: "proxy",
    bun: "proxy",
    deno: "proxy",
    axios: "direct",
  });
  expect(made(proxy, "target.test\t")).toMatchObject({ curl: "direct", bun: "direct", deno: "direct" });
});

it("what sallyport ignores at the ends is a warning, as quotes are", () => {
  const told = (http_proxy: string): string[] =>
    resolvePolicy({ variables: { http_proxy }, platform: "linux", cwd: "/", home: "/", configFiles: [] }).warnings.map(
      ({ code, message }) => `${code} ${message}`,
    );
  expect(told(proxy)).toEqual([]);
  expect(told(`${proxy}\r`)).toEqual([
    expect.stringMatching(/^PROXY_URL_INVALID http_proxy has a carriage return at its end/),
  ]);
  expect(told(`${proxy} `)).toEqual([expect.stringContaining("has a blank after it")]);
  expect(told(`\ufeff${proxy}`)).toEqual([expect.stringContaining("has a byte order mark at its beginning")]);
});
