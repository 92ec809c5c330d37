import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFiles } from "../matrix/upstreams/files.js";
import { makeAptRepository } from "./support/apt.js";
import { makeCrate } from "./support/crates.js";
import { makeImage } from "./support/image.js";
import { makeMavenRepository } from "./support/maven.js";
import { send, ways, type Passed, type Way } from "./support/tool-ways.js";
import type { Tool } from "./support/tool.js";
import { findTools } from "./support/tools.js";

const tools = findTools();
for (const { name, found } of tools) {
  console.log(`real tools: ${name} ${"version" in found ? found.version : `SKIPPED, since ${found.missing}`}`);
}

let content = "";
beforeAll(() => {
  content = mkdtempSync(join(tmpdir(), "sallyport-registry-"));
  const env = { PATH: process.env["PATH"] ?? "", HOME: content };
  makeFiles(content, { python: "/usr/bin/python3", environment: env });
  makeCrate(content);
  makeMavenRepository(content);
  makeAptRepository(content);
  makeImage(content);
});
afterAll(() => rmSync(content, { recursive: true, force: true }));

/** Each different one once: some tools ask once, others ten times. */
function kinds<Item>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** It worked, and the server says so: asked at least once, through the proxy, with a login that stayed there. */
function expectThrough(passed: Passed, tool: Tool, way: Way): void {
  const { status, stdout, stderr, tunnels, visits, target, secrets } = passed;
  expect({ status, said: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, said: "" });
  const withLogin = way.proxy.login !== undefined;
  const granted = tunnels.filter((tunnel) => tunnel.granted);
  expect(kinds(granted)).toEqual([{ target, granted: true, login: withLogin }]);
  const visit = {
    peer: way.clientCertificate ? "alice" : undefined,
    proxyLogin: !withLogin || tool.leaksLogin !== true ? "none" : way.by === "run" ? "another" : "the proxy's",
  };
  expect(kinds(visits)).toEqual([visit]);
  for (const secret of secrets) expect(stderr).not.toContain(secret);
}

interface Case {
  readonly tool: Tool;
  readonly way: Way;
}

const casesOf = (tool: Tool): readonly Case[] => {
  const takesLogin = tool.name === "git" || tool.settings?.holdsLogin === true;
  const files = tool.settings === undefined ? [] : [ways.openFile, ...(takesLogin ? [ways.file] : [])];
  const { ways: names = ["open", "run", "env", "socks", "certificate"] } = tool;
  const chosen: readonly Way[] = names.map((name) => ways[name]);
  return [...chosen, ...files].map((way) => ({ tool, way }));
};

const skipMissing = ({ name, found }: Tool, skip: (note: string) => never): void => {
  if ("missing" in found) skip(`${name}: ${found.missing}`);
};

describe.concurrent("a real program gets out", () => {
  test.for(tools.flatMap(casesOf))("$tool.name, by $way.name", async ({ tool, way }, { skip }) => {
    skipMissing(tool, skip);
    expectThrough(await send(tool, way, content), tool, way);
  });

  test.for(tools.filter(({ withoutLogin }) => withoutLogin === true))(
    "$name takes no login from variables: it is stopped at the proxy, and goes no other way",
    async (tool, { skip }) => {
      skipMissing(tool, skip);
      const { status, tunnels, visits, target } = await send(tool, ways.env, content);
      expect(status).not.toBe(0);
      expect(visits).toEqual([]);
      expect(kinds(tunnels)).toEqual([{ target, granted: false, login: false }]);
    },
  );
});
