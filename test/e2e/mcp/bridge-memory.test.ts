import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { initialize, welcome, type Rpc } from "./support/bridged.js";

const bin = join(import.meta.dirname, "../../../dist/cli/bin.cjs");
const line = (message: object): string => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;

it.skipIf(!existsSync("/proc/self/status"))(
  "thousands of calls, 16 at a time, take hardly more memory than the first one",
  async () => {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const { id } = JSON.parse(body) as Rpc;
        if (id === undefined) return response.writeHead(202).end();
        const result = id === 1 ? welcome : { content: [{ type: "text", text: "Echo: hello" }] };
        return response.writeHead(200, { "content-type": "application/json" }).end(line({ id, result }));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    const child = spawn(process.execPath, [bin, "mcp", url], { env: { PATH: process.env["PATH"] } });
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
    server.close();
    server.closeAllConnections();
    // Megabytes: without a small heap it is 45 and more.
    expect(growth).toBeLessThan(36);
  },
  120_000,
);
