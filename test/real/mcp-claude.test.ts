import { readFileSync } from "node:fs";
import { describe } from "vitest";
import type { StandardLab } from "../../src/lab/index.js";
import { claudeSession, type Command } from "./support/claude-session.js";
import { claudeVersion } from "./support/claude.js";
import { expect, test } from "./support/claude-test.js";

const documentation = readFileSync(new URL("../../docs/mcp.md", import.meta.url), "utf8");

/** As the documentation shows it: with names and ports that stay. */
function transcript(commands: readonly Command[], lab: StandardLab): string {
  return commands
    .map(({ line, output }) => `$ ${line}\n${output}`)
    .join("\n")
    .replaceAll(lab.mtls.name, "mcp.corp.example")
    .replaceAll(lab.strict.url, "https://proxy.corp.example:3128")
    .replace(/gateway on 127\.0\.0\.1:\d+/g, "gateway on 127.0.0.1:8080")
    .replace(/\n{3,}/g, "\n\n");
}

function expectCertificate({ log, mtls, strict }: StandardLab): void {
  const calls = log.of(mtls.name, "request").filter(({ url, method }) => url === "/mcp" && method === "POST");
  expect(calls.length).toBeGreaterThan(0);
  expect(new Set(calls.map(({ peer }) => peer))).toEqual(new Set(["alice"]));
  // Through the login of the proxy, which opened nothing of it and saw no certificate.
  const tunnels = log.of(strict.name, "connect").filter(({ target }) => target.startsWith(mtls.name));
  expect(tunnels.length).toBeGreaterThan(0);
  expect(tunnels.every(({ status, authorization }) => status === 200 && authorization?.startsWith("Basic "))).toBe(
    true,
  );
  expect(log.of(strict.name, "tls").every(({ peer }) => peer === undefined)).toBe(true);
  expect(calls.every(({ headers }) => headers["proxy-authorization"] === undefined)).toBe(true);
}

describe(`Claude Code ${claudeVersion} and an MCP server that requires a client certificate`, () => {
  test("by the bridge: the server is connected, and a tool says whose certificate it sees", async ({
    lab,
    program,
  }) => {
    using session = claudeSession(program, lab);
    const url = `https://${lab.mtls.name}/mcp`;
    const commands = [
      await session.type(`claude mcp add corp -- sallyport mcp ${url}`),
      await session.type("claude mcp list"),
      await session.type('claude -p "call mcp__corp__whoami" --allowedTools mcp__corp__whoami'),
    ];
    expect(commands.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(commands[1]?.output).toMatch(/^corp: .* - ✔ Connected$/m);
    expect(commands[2]?.output).toBe(`${lab.mtls.name} sees the certificate of alice\n`);
    expectCertificate(lab);
    expect(documentation).toContain(transcript(commands, lab));
  });

  test("by `sallyport run`: the same server by its URL alone, which fails without", async ({ lab, program }) => {
    using session = claudeSession(program, lab);
    const url = `https://${lab.mtls.name}/mcp`;
    const commands = [
      await session.type(`claude mcp add --transport http corp ${url}`),
      await session.type("claude mcp list"),
    ];
    expect(commands[1]?.output).toMatch(/^corp: .* - ✘ Failed to connect/m);
    expect(lab.log.of(lab.mtls.name, "request")).toEqual([]);
    commands.push(
      await session.type("sallyport run -- claude mcp list"),
      await session.type('sallyport run -- claude -p "call mcp__corp__whoami" --allowedTools mcp__corp__whoami'),
    );
    expect(commands.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(commands[2]?.output).toMatch(/^corp: .* - ✔ Connected$/m);
    expect(commands[3]?.output).toMatch(new RegExp(`^${lab.mtls.name} sees the certificate of alice$`, "m"));
    expectCertificate(lab);
    expect(documentation).toContain(transcript(commands, lab));
  });
});
