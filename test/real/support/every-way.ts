import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { builtCli } from "./built.js";
import type { Variables } from "./network.js";

/** A program that runs on under `sallyport run`, and asks for what it is told to. */
export interface EveryWay extends AsyncDisposable {
  /** What each way came to: a status, or what its error says. */
  ask(url: string): Promise<unknown>;
}

/** What {@link EveryWay.ask} gives where each of its ways had this status. */
export const byEveryWay = (status: number): unknown => ({
  fetch: status,
  undici: status,
  "node:https": status,
  "curl by the gateway": status,
});

const program = fileURLToPath(new URL("./every-way.mjs", import.meta.url));

export function startEveryWay(variables: Variables): EveryWay {
  const env = { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...variables };
  const child = spawn(process.execPath, [builtCli, "run", "--", process.execPath, program], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(child, "close");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(url) {
      child.stdin.write(`${url}\n`);
      const line = await lines.next();
      if (line.done === true) throw new Error(`the program ended: ${said}`);
      return JSON.parse(line.value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
