import { spawn } from "node:child_process";
import { installed } from "./suite.js";

export const everythingVersion = "2026.8.31";

const name = "@modelcontextprotocol/server-everything";

/** The reference server of the protocol's authors, installed from npm where it is not there yet; a sentence where it cannot be had. */
export const everythingProgram = (): ReturnType<typeof installed> =>
  installed(name, everythingVersion, `${name}/dist/index.js`);

export interface Everything extends AsyncDisposable {
  readonly port: number;
}

/** @param transport as the server calls them: Streamable HTTP at `/mcp`, or HTTP+SSE at `/sse` */
export async function startEverything(
  program: string,
  transport: "streamableHttp" | "sse",
  port: number,
): Promise<Everything> {
  const env = { PATH: process.env["PATH"] ?? "", PORT: String(port) };
  const child = spawn(process.execPath, [program, transport], { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let said = "";
  const isUp = new Promise<void>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      said = `${said}${chunk}`.slice(-2000);
      if (said.includes(`port ${port}`)) resolve();
    });
  });
  await Promise.race([isUp, ended]);
  if (child.exitCode !== null) throw new Error(`server-everything did not start: ${said}`);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
