import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { ownFolder } from "../../support/own-folder.js";
import { initialize, serve, welcome, type Rpc } from "./support/bridged.js";

const bin = join(import.meta.dirname, "../../../dist/cli/bin.cjs");
const line = (message: object): string => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;

const folder = ownFolder("memory");

/** What V8 keeps for what is young, in octets, written at the exit into the file that is named first. */
const watch = `process.on("exit", () => {
  const young = require("node:v8").getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  require("node:fs").writeFileSync(process.env.YOUNG, String(young.space_size));
});`;

/** Megabytes by which a bridge grows from its first call to the last of thousands, and what it keeps for what is young then. */
async function grow(): Promise<{ resident: number; young: number }> {
  await using server = await serve(({ message: { id }, answer, json }) => {
    if (id === undefined) return void answer.writeHead(202).end();
    json({ jsonrpc: "2.0", id, result: id === 1 ? welcome : { content: [{ type: "text", text: "Echo: hello" }] } });
  });
  const [hook, young] = [join(folder, "watch.cjs"), join(folder, "young")];
  await writeFile(hook, watch);
  const child = spawn(process.execPath, ["--require", hook, bin, "mcp", server.url.href], {
    env: { PATH: process.env["PATH"], YOUNG: young },
  });
  const resident = (): number =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;

  const [first, last, inFlight] = [2, 4000, 16];
  let [next, before] = [first, 0];
  const call = (): void => {
    const params = { name: "echo", arguments: { message: "hello" } };
    child.stdin.write(line({ id: next++, method: "tools/call", params }));
  };
  child.stdin.write(line(initialize));
  let answered = 0;
  for await (const answer of createInterface({ input: child.stdout })) {
    const { id } = JSON.parse(answer) as Rpc;
    answered++;
    if (id === 1) call();
    // The first call loads what the others use.
    if (id === first) {
      before = resident();
      for (let count = 0; count < inFlight; count++) call();
    } else if (id !== 1 && next <= last) call();
    if (answered === last) break;
  }
  const growth = resident() - before;
  child.stdin.end();
  await once(child, "close");
  return { resident: growth, young: Number(await readFile(young, "utf8")) / 1e6 };
}

it.skipIf(!existsSync("/proc/self/status"))(
  "thousands of calls, 16 at a time, take hardly more memory than the first one",
  async () => {
    const grown = await grow();
    // Without a small heap it is 13 to 34 by then, with it 2 to 4, on each Node.
    expect(grown.young).toBeLessThan(8);
    // What a machine that is busy has the compilers' threads keep is in it, too: the least of three.
    for (let more = 0; more < 2 && grown.resident >= 36; more++)
      grown.resident = Math.min(grown.resident, (await grow()).resident);
    expect(grown.resident).toBeLessThan(36);
  },
  120_000,
);
