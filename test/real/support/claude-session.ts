import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { StandardLab } from "../../../src/lab/index.js";
import { builtCli } from "./built.js";

/** What was typed, and what came of it. */
export interface Command {
  readonly line: string;
  readonly output: string;
  readonly status: number | null;
}

/** A shell of an employee with Claude Code and sallyport, whose settings stay from one command to the next. */
export interface ClaudeSession extends Disposable {
  type(line: string): Promise<Command>;
}

/**
 * The office's proxy is in the variables, and the client certificate in sallyport's configuration: Claude Code itself has none.
 * It asks the API of the lab, through the inspector.
 */
export function claudeSession(claude: string, lab: StandardLab): ClaudeSession {
  const home = mkdtempSync(join(tmpdir(), "sallyport-claude-"));
  const file = (name: string, text: string, mode: number): string => {
    const path = join(home, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    return path;
  };
  const program = file("bin/sallyport", `#!/bin/sh\nexec "${process.execPath}" "${builtCli}" "$@"\n`, 0o755);
  const { client, passphrase, bundle } = lab.files;
  const work = { name: "work", hosts: [lab.mtls.name], cert: client.cert, key: client.encryptedKey, passphrase };
  const env = {
    HOME: home,
    PATH: [dirname(program), dirname(claude), process.env["PATH"]].join(delimiter),
    HTTPS_PROXY: lab.strict.urlWithLogin,
    NODE_EXTRA_CA_CERTS: bundle,
    SALLYPORT_CONFIG: file("sallyport.json", JSON.stringify({ identities: [work] }), 0o600),
    ANTHROPIC_BASE_URL: `https://${lab.api.name}`,
    ANTHROPIC_API_KEY: "not-a-real-key",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    // Tools stand in the request itself: the lab's model searches for none.
    ENABLE_TOOL_SEARCH: "false",
  };
  return {
    type: async (line) => {
      const child = spawn("sh", ["-c", `${line} 2>&1`], { cwd: home, env, stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
      const status = await new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      });
      return { line, output: output.replaceAll(home, "~"), status };
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}
