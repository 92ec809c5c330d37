import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDaemon } from "./daemon.js";
import { freePorts } from "./ports.js";
import { findProgram } from "./programs.js";

/** cntlm, whose NTLM is its own: a proxy for programs that know none, which logs in at the proxy behind it. */
export interface Cntlm extends AsyncDisposable {
  readonly port: number;
}

export interface CntlmOptions {
  /** The port on this machine of the proxy behind it. */
  readonly proxy: number;
  readonly user: string;
  readonly domain: string;
  readonly password: string;
}

/** @returns undefined where it is missing */
export async function startCntlm({ proxy, user, domain, password }: CntlmOptions): Promise<Cntlm | undefined> {
  const command = findProgram("cntlm");
  if (command === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), "sallyport-cntlm-"));
  const config = join(directory, "cntlm.conf");
  const port = (await freePorts(1))();
  const lines = [
    `Username ${user}`,
    `Domain ${domain}`,
    `Password "${password}"`,
    `Proxy localhost:${proxy}`,
    `Listen 127.0.0.1:${port}`,
    "Auth NTLMv2",
  ];
  await writeFile(config, `${lines.join("\n")}\n`, { mode: 0o600 });
  const daemon = await startDaemon("cntlm", {
    command,
    args: ["-f", "-c", config],
    ports: [port],
    directory,
  });
  return {
    port,
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
