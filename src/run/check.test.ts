import { describe, expect, it } from "vitest";
import type { ConnectError } from "../base/errors.js";
import { loadContext } from "../clients/index.js";
import type { Connection, DialContext } from "../dial/types.js";
import { labVariables, type LabProxy } from "../lab/index.js";
import { checkBeforeLaunch } from "./check.js";
import { defaultCheck } from "./default-check.js";
import { standardLab } from "../../test/support/standard-lab.js";

const lab = await standardLab();

const contextAt = (proxy: LabProxy | undefined, clientCertificate = true): Promise<DialContext> =>
  loadContext({
    source: { variables: labVariables(lab, proxy, { clientCertificate }) },
    lookup: lab.lookup,
    stores: ["bundled"],
  });

const faultOf = async (check: Promise<unknown>): Promise<ConnectError> => {
  try {
    await check;
  } catch (error) {
    return error as ConnectError;
  }
  throw new Error("the check found nothing");
};

describe("the check before a launch", () => {
  it("goes the way once, and says whether the server wants a certificate", async () => {
    const context = await contextAt(lab.basic);
    lab.log.clear();
    expect(await checkBeforeLaunch(context, [lab.mtls.url, lab.api.url, lab.plain.url])).toEqual([
      { url: `${lab.mtls.url}/`, asked: true },
      { url: `${lab.api.url}/`, asked: false },
      { url: `${lab.plain.url}/`, asked: undefined },
    ]);
    expect(lab.log.of("basic", "connect").map(({ target, status }) => [target, status])).toEqual(
      expect.arrayContaining([
        [`mtls.lab.test:${lab.mtls.port}`, 200],
        [`api.lab.test:${lab.api.port}`, 200],
      ]),
    );
  });

  it("names the fault of the first URL that has one, whichever is found first", async () => {
    const context = await contextAt(lab.basic);
    const urls = [lab.api.url, "https://nowhere.lab.test/", "http://no-such-host.inside.test:1/"];
    expect(await faultOf(checkBeforeLaunch(context, urls))).toMatchObject({ code: "PROXY_BAD_GATEWAY", hop: "proxy" });
  });

  it("takes a plain http address on loopback for what it is", async () => {
    const context = await contextAt(lab.basic);
    const url = `http://localhost:${lab.plain.port}/v1`;
    expect(await checkBeforeLaunch(context, [url])).toEqual([{ url, asked: undefined }]);
  });

  it("gives the fault that the answer tells of, and leaves no connection open", async () => {
    const context = await contextAt(lab.basic);
    const asked: Connection[] = [];
    const told = await contextAt(undefined).then((other) => faultOf(checkBeforeLaunch(other, ["https://x.invalid/"])));
    const check = checkBeforeLaunch(context, [lab.api.url], {
      ask: (connection) => {
        asked.push(connection);
        connection.socket.destroy();
        return Promise.resolve(told);
      },
    });
    expect(await faultOf(check)).toBe(told);
    expect(asked.map(({ socket }) => socket.destroyed)).toEqual([true]);
  });

  it("refuses what is not a URL without showing it", async () => {
    const fault = await faultOf(checkBeforeLaunch(await contextAt(lab.basic), ["https//token@x"]));
    expect(fault).toMatchObject({ code: "CONFIG_INVALID" });
    expect(fault.message).not.toContain("token");
  });

  it("ends with the signal's reason when it is aborted", async () => {
    const controller = new AbortController();
    await using silent = await lab.proxy({ fault: { kind: "silent" } });
    const check = checkBeforeLaunch(await contextAt(silent), [lab.api.url], { signal: controller.signal });
    await lab.log.waitFor((event) => event.kind === "connect" && event.by === silent.name);
    controller.abort(new Error("enough"));
    await expect(check).rejects.toThrow("enough");
  });
});

/** Each of these would be waited for by the policy's own, far longer, bounds. */
describe("its bound", () => {
  const deadline = 150;

  it("ends the stage that is under way with its own fault: a proxy that does not answer CONNECT", async () => {
    await using silent = await lab.proxy({ fault: { kind: "silent" } });
    const fault = await faultOf(checkBeforeLaunch(await contextAt(silent), [lab.api.url], { deadline }));
    expect(fault).toMatchObject({ code: "PROXY_TIMEOUT", stage: "tunnel", hop: "proxy" });
  });

  it("a proxy over TLS that says nothing", async () => {
    await using dead = await lab.proxy({ protocol: "https", fault: { kind: "dead" } });
    const fault = await faultOf(checkBeforeLaunch(await contextAt(dead), [lab.api.url], { deadline }));
    expect(fault).toMatchObject({ code: "TLS_TIMEOUT", stage: "proxy-tls", hop: "proxy" });
  });

  it("an origin that accepts and says nothing", async () => {
    await using silent = await lab.origin({ fault: "silent" });
    const fault = await faultOf(checkBeforeLaunch(await contextAt(lab.basic), [silent.url], { deadline }));
    expect(fault).toMatchObject({ code: "TLS_TIMEOUT", stage: "tls", hop: "target" });
  });

  it("a resolver that does not answer", async () => {
    const context = await contextAt(undefined);
    const system = { ...context.system, lookup: () => new Promise<never>(() => undefined) };
    const fault = await faultOf(checkBeforeLaunch({ ...context, system }, ["https://slow.example/"], { deadline }));
    expect(fault).toMatchObject({ code: "DNS_FAILED", stage: "dns", hop: "target" });
  });

  it("is one for all stages and all URLs: what one has used up, the next has not", async () => {
    const context = await contextAt(lab.basic);
    let now = 0;
    // Each look at the clock takes a second of it.
    const system = { ...context.system, monotonic: () => (now += 1000) };
    await using silent = await lab.proxy({ fault: { kind: "silent" } });
    const slow = { ...(await contextAt(silent)), system };
    const fault = await faultOf(checkBeforeLaunch(slow, [lab.api.url], { deadline: 3000 }));
    expect(fault.message).toMatch(/within 1 ms/);
  });

  it("does not count the time that a person takes to give a password", async () => {
    let answer: (password: string) => void = () => undefined;
    const asked = new Promise<string>((resolve) => (answer = resolve));
    const context = await loadContext({
      source: { variables: labVariables(lab) },
      stores: ["bundled"],
      proxy: { url: lab.basic.url, username: lab.login.username, password: { command: ["ask"] } },
    });
    let now = 0;
    const system = {
      ...context.system,
      monotonic: () => now,
      run: async (): Promise<string> => {
        // A minute at the prompt.
        now += 60_000;
        return asked;
      },
    };
    const check = checkBeforeLaunch({ ...context, system }, [lab.api.url]);
    answer(lab.login.password);
    expect(await check).toEqual([{ url: `${lab.api.url}/`, asked: false }]);
  });
});

describe("which URL is checked when none is given", () => {
  it("is ANTHROPIC_BASE_URL, whatever the command", () => {
    expect(defaultCheck(["node", "x.js"], { ANTHROPIC_BASE_URL: " https://gw.example/v1 " })).toBe(
      "https://gw.example/v1",
    );
  });

  it("is the API for Claude Code, by any path and on any system", () => {
    for (const program of ["claude", "/usr/local/bin/claude", "C:\\npm\\claude.cmd", "claude.exe"])
      expect(defaultCheck([program, "-p", "hi"], {})).toBe("https://api.anthropic.com/");
  });

  it("is none for Claude Code that speaks to a cloud's endpoint", () => {
    expect(defaultCheck(["claude"], { CLAUDE_CODE_USE_BEDROCK: "1" })).toBeUndefined();
    expect(defaultCheck(["claude"], { CLAUDE_CODE_USE_BEDROCK: "0" })).toBe("https://api.anthropic.com/");
  });

  it("is none for other commands", () => {
    expect(defaultCheck(["claude-code-router"], {})).toBeUndefined();
    expect(defaultCheck(["git", "claude"], {})).toBeUndefined();
    expect(defaultCheck(["npm"], { ANTHROPIC_BASE_URL: "" })).toBeUndefined();
  });
});
