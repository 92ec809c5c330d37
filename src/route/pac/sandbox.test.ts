import { afterAll, beforeAll, expect, it } from "vitest";
import { PacSandbox, SandboxError, usualLimits } from "./sandbox.js";

let sandbox: PacSandbox;

beforeAll(async () => {
  sandbox = await PacSandbox.start(
    `var asked = 0;
     function FindProxyForURL(url, host) {
       asked++;
       if (host === "slow") for (var until = Date.now() + 50; Date.now() < until; );
       if (host === "long") return "PROXY a:1; ".repeat(1000);
       if (host === "strange") return "PROXY b\\u00fc\\u20ac:1";
       if (host === "none") return null;
       if (host === "thrown") throw new Error("\\u20ac");
       return asked + " " + url + " " + host;
     }`,
    { limits: usualLimits, system: { monotonic: () => performance.now() } },
  );
}, 60_000);
afterAll(() => sandbox.close());

const ask = async (host: string): Promise<string> => {
  const reply = await sandbox.ask("https://host/", host);
  return "text" in reply ? reply.text : reply.needs.join();
};

it("gives each asker the answer to its own question, whether it is quick, slow, long, strange or none", async () => {
  expect(await ask("one")).toBe("1 https://host/ one");
  expect(await ask("b\u00fc\u20ac")).toBe("2 https://host/ b\u00fc\u20ac");
  expect(await ask("x".repeat(5000))).toBe(`3 https://host/ ${"x".repeat(5000)}`);
  expect(await ask("long")).toBe("PROXY a:1; ".repeat(1000));
  expect(await ask("strange")).toBe("PROXY b\u00fc\u20ac:1");
  await expect(ask("none")).rejects.toThrow(SandboxError);
  await expect(ask("thrown")).rejects.toMatchObject({ problem: { problem: "error", message: "\u20ac" } });
  // Nobody stands still for a slow one, and those that come after it have their turn.
  const slow = sandbox.ask("https://host/", "slow");
  expect(slow).toBeInstanceOf(Promise);
  const others = await Promise.all([slow, ask("two"), ask("three")]);
  expect(others).toEqual([{ text: "8 https://host/ slow" }, "9 https://host/ two", "10 https://host/ three"]);
  for (let index = 11; index < 60; index++) expect(await ask("again")).toBe(`${index} https://host/ again`);
});
