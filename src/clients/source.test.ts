import { describe, expect, test } from "vitest";
import { memorySystem } from "../../test/support/memory-system.js";
import { readEnvironment } from "../env/index.js";
import { resolvePolicy } from "../policy/index.js";
import { loadContext, type ContextOptions } from "./context.js";

const variables = { HOME: "/nonexistent", HTTPS_PROXY: "http://proxy.test:3128" };
const environment = readEnvironment({ variables });
const policy = resolvePolicy(environment, { stores: ["bundled"] });

/** What a caller without types may write. */
const load = (options: object) => loadContext({ system: memorySystem(), ...options });

describe("the settings come from", () => {
  const stores = ["bundled"] as const;
  test.each([
    ["variables", { source: { variables }, stores }],
    ["an environment that was read before", { source: { environment }, stores }],
    ["a policy that was resolved before", { source: { policy } }],
  ])("%s", async (_what, options: ContextOptions) => {
    const { route } = await load(options);
    expect(await route("https://api.test/")).toMatchObject({ kind: "proxy", hops: [{ host: "proxy.test" }] });
  });
});

describe("options that would be passed over are refused:", () => {
  test.each([
    ["two sources", { source: { variables, policy } }, "the option source has both variables and policy"],
    ["a source that is none", { source: {} }, "the option source names no source"],
    ["a source that is not an object", { source: "policy" }, "the option source names no source"],
    ["variables outside of source", { variables }, "the option variables belongs in source"],
    ["an environment outside of source", { environment }, "the option environment belongs in source"],
    ["a policy outside of source", { policy }, "the option policy belongs in source"],
    [
      "settings beside a policy",
      { source: { policy }, ca: "/ca.pem", strict: true },
      "ca, strict would not count beside source: { policy }, which is complete",
    ],
  ])("%s", async (_what, options, message) => {
    await expect(load(options)).rejects.toMatchObject({ code: "CONFIG_INVALID", hop: "local", message });
  });
});
