import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { readEnvironment } from "../env/index.js";
import { resolvePolicy } from "./index.js";
import type { Policy } from "./types.js";

const user = "/home/alice/.claude/settings.json";
const managed = "/etc/claude-code/managed-settings.json";
const on = { env: { CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER: "1" } };

/** The policy of these files, each an object or a text, and variables. */
function policyWith(
  files: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, string>> = {},
): Policy {
  const read: string[] = [];
  const snapshot = readEnvironment({
    variables: { HOME: "/home/alice", ...variables },
    platform: "linux",
    cwd: "/work/project",
    osProxy: () => undefined,
    readFile: (path) => {
      read.push(path);
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error(path), { code: "ENOENT" });
      return { text: typeof content === "string" ? content : JSON.stringify(content) };
    },
  });
  const policy = resolvePolicy(snapshot);
  expect(read.filter((path) => path.startsWith("/work"))).toEqual([]);
  return policy;
}

const helperOf = ({ proxyAuth: { helper } }: Policy) =>
  helper && [helper.value.command, "path" in helper.source ? helper.source.path : helper.source, helper.value.ttl];

describe("Claude Code's proxyAuthHelper", () => {
  it("counts where the user's settings or the variable switch it on, and for 5 minutes", () => {
    const settings = { proxyAuthHelper: "tell" };
    expect(helperOf(policyWith({ [user]: settings }))).toBeUndefined();
    expect(helperOf(policyWith({ [user]: { ...settings, ...on } }))).toEqual(["tell", user, 300_000]);
    const variables = { CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER: "true", CLAUDE_CODE_PROXY_AUTH_HELPER_TTL_MS: "60000" };
    const byVariable = policyWith({ [user]: settings }, variables);
    expect(helperOf(byVariable)).toEqual(["tell", user, 60_000]);
    const off = { ...settings, env: { CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER: "0" } };
    expect(helperOf(policyWith({ [user]: off }, variables))).toBeUndefined();
  });

  it("is the administrator's before the user's, and never a project's", () => {
    const files = { [user]: { proxyAuthHelper: "users", ...on }, [managed]: { proxyAuthHelper: "managed" } };
    expect(helperOf(policyWith(files))).toEqual(["managed", managed, 300_000]);
    const project = { "/work/project/.claude/settings.json": files[user], ".claude/settings.json": files[user] };
    expect(helperOf(policyWith(project))).toBeUndefined();
    // A relative folder would be the project's.
    expect(helperOf(policyWith(project, { CLAUDE_CONFIG_DIR: ".claude" }))).toBeUndefined();
    const moved = { "/conf/settings.json": files[user] };
    expect(helperOf(policyWith(moved, { CLAUDE_CONFIG_DIR: "/conf" }))?.[1]).toBe("/conf/settings.json");
  });

  it("stands behind our own setting, which needs no switch", () => {
    const files = { [user]: { proxyAuthHelper: "theirs", ...on } };
    const variables = { SALLYPORT_PROXY_AUTH_HELPER: "ours", SALLYPORT_PROXY_AUTH_HELPER_TTL_MS: "0" };
    expect(helperOf(policyWith(files, variables))).toEqual([
      "ours",
      { kind: "variable", name: "SALLYPORT_PROXY_AUTH_HELPER" },
      0,
    ]);
    const config = { "/home/alice/.config/sallyport/config.json": { proxyAuth: { helper: ["a", "b"], helperTtl: 5 } } };
    const policy = policyWith({ ...files, ...config });
    expect([policy.proxyAuth.helper?.value.command, policy.proxyAuth.helper?.value.ttl]).toEqual([["a", "b"], 5]);
    expect(inspect(policy.proxyAuth, { depth: 9 }) + JSON.stringify(policyWith(files))).not.toMatch(/theirs|'b'/);
    expect(policyWith(files).settings).toContainEqual({
      name: "proxyAuth.helper",
      value: "[from a command]",
      source: { kind: "file", path: user, pointer: "/proxyAuthHelper", scope: "user" },
    });
  });

  it("is not our own command, whose answer is found without it", () => {
    for (const command of ["sallyport auth-header", '"/opt/bin/sallyport" auth-header', "npx sallyport auth-header"])
      expect(helperOf(policyWith({ [user]: { proxyAuthHelper: command, ...on } }))).toBeUndefined();
  });

  it.each([
    ["is no JSON", "{", "is not a JSON object"],
    ["holds another type", { proxyAuthHelper: 1 }, "is not a text"],
  ])("gives a warning where a file %s, if the variable switches it on", (_, content, words) => {
    const { warnings, proxyAuth } = policyWith({ [user]: content }, { CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER: "1" });
    expect([warnings[0]?.code, warnings[0]?.message, proxyAuth.helper]).toEqual([
      "CONFIG_INVALID",
      expect.stringContaining(words),
      undefined,
    ]);
    expect(policyWith({ [user]: content }).warnings).toEqual([]);
  });
});

it.each(["five", "-1", "1.5", "99999999999"])("a time of %s is not one", (text) => {
  const variables = { SALLYPORT_PROXY_AUTH_HELPER: "x", SALLYPORT_PROXY_AUTH_HELPER_TTL_MS: text };
  expect(policyWith({}, variables).faults).toMatchObject([{ code: "CONFIG_INVALID" }]);
  expect(policyWith({}, { CLAUDE_CODE_PROXY_AUTH_HELPER_TTL_MS: text }).faults).toEqual([]);
});
