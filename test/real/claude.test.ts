import { describe } from "vitest";
import type { StandardLab } from "../../src/lab/index.js";
import { claudeVersion, runClaude, type Answer } from "./support/claude.js";
import { claudeRows, office } from "./support/claude-rows.js";
import { expect, test } from "./support/claude-test.js";

function expectNoSecret({ stdout, stderr }: Answer, { login, files }: StandardLab): void {
  const secrets = [login.password, encodeURIComponent(login.password), files.passphrase, "not-this-one"];
  for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
}

/** Requests to the Messages API, as the server saw them. */
function asked(lab: StandardLab): readonly { readonly peer: string | undefined }[] {
  return lab.log.events.flatMap((event) =>
    event.kind === "request" && event.url.startsWith("/v1/messages") ? [{ peer: event.peer }] : [],
  );
}

describe(`Claude Code ${claudeVersion} under \`sallyport run\``, () => {
  test("gets out through a login, TLS to the proxy and an inspector, with a certificate whose key is encrypted", async ({
    lab,
    program,
  }) => {
    const answer = await runClaude(program, office(lab));
    expect(answer).toMatchObject({ stdout: "MOCK-OK\n", status: 0 });
    // One line says how, before Claude says a word.
    expect(answer.stderr).toMatch(/^sallyport: .*\n/);
    expect(asked(lab).map(({ peer }) => peer)).toContain("alice");
    expectNoSecret(answer, lab);
  });

  test("needs no more than the variables that it knows, where a plain proxy is all that is in the way", async ({
    lab,
    program,
  }) => {
    const { CLAUDE_CODE_CLIENT_CERT: _, ...variables } = office(lab, lab.api, lab.basic);
    delete (variables as Record<string, string>)["CLAUDE_CODE_CLIENT_KEY"];
    delete (variables as Record<string, string>)["CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"];
    const answer = await runClaude(program, variables);
    expect(answer).toMatchObject({ stdout: "MOCK-OK\n", status: 0 });
    // No gateway in between: the proxy was asked by Claude Code itself.
    const [connect] = lab.log.of("basic", "connect").slice(-1);
    expect(Object.keys(connect?.headers ?? {})).toContain("proxy-connection");
  });

  for (const row of claudeRows.filter(({ ours }) => ours !== "works")) {
    test(`${row.wrong}: is told ${row.ours} before it starts`, async ({ lab, program }) => {
      const variables = await row.variables(lab);
      const answer = await runClaude(program, variables);
      expect(answer.stderr).toMatch(new RegExp(`^error: .* \\[${row.ours}\\]\nhint: .+\n$`, "m"));
      expect(answer.status).toBe(1);
      // Claude Code was not started: it says something on stdout however it ends, and asks its API.
      expect(answer.stdout).toBe("");
      expect(asked(lab)).toEqual([]);
      expect(answer.stderr).toContain(row.names?.(lab, variables) ?? "hint:");
      expectNoSecret(answer, lab);
    });
  }

  for (const row of claudeRows.filter(({ ours }) => ours === "works")) {
    test(`${row.wrong}: works`, async ({ lab, program }) => {
      const answer = await runClaude(program, await row.variables(lab));
      expect(answer).toMatchObject({ stdout: "MOCK-OK\n", status: 0 });
      expect(asked(lab).map(({ peer }) => peer)).toContain("alice");
      expectNoSecret(answer, lab);
    });
  }
});
