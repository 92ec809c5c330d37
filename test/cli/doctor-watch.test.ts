import { describe, expect, it } from "vitest";
import { startLab } from "../../src/lab/index.js";
import { run, type Ran } from "./support/run.js";

const url = "https://api.lab.test/";
const time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ";

/** Watches until `step` has ended it; called with all that was printed, each time that there is more. */
async function watched(
  variables: Readonly<Record<string, string>>,
  lookup: Parameters<typeof run>[1] & object,
  step: (printed: string, end: () => void) => void,
): Promise<Ran> {
  const ended = new AbortController();
  let printed = "";
  return run(["doctor", "--watch", "--interval", "1", url], {
    ...lookup,
    variables,
    signal: ended.signal,
    onOutput: (text) => step((printed += text), () => ended.abort()),
  });
}

describe("sallyport doctor --watch", () => {
  it("prints a line for each change, and none for a walk that finds all as it was", async () => {
    await using lab = await startLab();
    await lab.origin({ name: "api.lab.test" });
    const proxy = await lab.proxy();
    const variables = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: lab.files.rootCa, HOME: lab.directory };
    const walks = (): number => lab.log.of(proxy.name, "connect").length;
    const { exit, stdout } = await watched(variables, { lookup: lab.lookup }, (printed, end) => {
      const lines = printed.split("\n").length - 1;
      if (lines === 1) {
        proxy.fault = { kind: "status", status: 403 };
      }
      if (lines === 2) proxy.fault = undefined;
      if (lines === 3) end();
    });
    expect(exit).toBe(130);
    expect(stdout).toMatch(
      new RegExp(
        `^${time} ${url} works, \\d+ ms\n${time} ${url} PROXY_FORBIDDEN: .*\n${time} ${url} works, \\d+ ms\n$`,
      ),
    );
    expect(walks()).toBeGreaterThanOrEqual(3);
  });

  it("draws one screen on a terminal, of at most 80 columns, with what is wrong and what has changed", async () => {
    await using lab = await startLab();
    await lab.origin({ name: "api.lab.test" });
    const proxy = await lab.proxy({ fault: { kind: "status", status: 403 } });
    const variables = {
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: lab.files.rootCa,
      HOME: lab.directory,
      NO_COLOR: "1",
    };
    const { stdout } = await watched(variables, { lookup: lab.lookup, isTTY: true }, (printed, end) => {
      proxy.fault = undefined;
      if (printed.includes("works, ")) end();
    });
    const screens = stdout.split("\u001b[H\u001b[J").slice(1);
    expect(screens.length).toBeGreaterThanOrEqual(2);
    expect(screens[0]).toMatch(/✗ https:\/\/api\.lab\.test\/ {2}PROXY_FORBIDDEN\n\nerror: /);
    expect(screens.at(-1)).toMatch(
      /✓ https:\/\/api\.lab\.test\/ {2}works, \d+ ms\n\nChanges\n.*PROXY_FORBIDDEN\n.*works/,
    );
    expect(screens.flatMap((screen) => screen.split("\n")).filter((line) => line.length > 80)).toEqual([]);
  });

  it("sends a login that the proxy refuses once, and ends", async () => {
    await using lab = await startLab();
    await lab.origin({ name: "api.lab.test" });
    const proxy = await lab.proxy({ login: { username: "alice", password: "right" } });
    const variables = { HTTPS_PROXY: proxy.url.replace("//", "//alice:wrong@"), HOME: lab.directory };
    const { exit, stdout, stderr } = await watched(variables, { lookup: lab.lookup }, () => undefined);
    expect(exit).toBe(1);
    expect(stdout).toContain("PROXY_AUTH_REJECTED");
    expect(stderr).toMatch(/error: .*; the watch ends here, since sending it again and again would lock the account/);
    expect(lab.log.of(proxy.name, "connect").filter(({ status }) => status === 407).length).toBeLessThanOrEqual(2);
  });

  it.each([
    [["--watch", "--json"], "--watch shows the path to a person, and does not go with --json"],
    [["--watch", "--html", "a.html"], "does not go with --html"],
    [["--interval", "3"], "--interval says how often --watch looks"],
    [["--watch", "--interval", "0"], "--interval must be a whole number of seconds from 1 to 3600"],
    [["--watch", "--interval", "1.5"], "--interval must be a whole number of seconds from 1 to 3600"],
  ])("refuses %j", async (words, message) => {
    const { exit, stdout, stderr } = await run(["doctor", ...words, url], { variables: nothing });
    expect(exit).toBe(2);
    expect(stdout + stderr).toContain(message);
  });
});

const nothing = { HOME: "/nonexistent" };
