import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { labVariables, startLab } from "../../src/lab/index.js";
import { builtCli } from "./support/built.js";
import { execute } from "./support/execute.js";
import { pythonClients } from "./support/python-clients.js";

const clients = pythonClients();

/** What people have in NO_PROXY, and what one of these clients or another does not survive. */
const noProxy = "[::1],fe80::/10,2001:db8::/32,[2001:db8::1]:8080,.corp.test,*.a.test,10.0.0.0/8,10.1.0.1-10.1.0.9,*:9";

/** A server of the developer's own, which must never be asked for through a proxy. */
async function localServer(host: string): Promise<{ readonly server: Server; readonly url: string }> {
  const answer = { content: [{ type: "text", text: "local" }], role: "assistant", type: "message" };
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://${host.includes(":") ? `[${host}]` : host}:${port}/echo` };
}

describe.each(["all", "env"] as const)("NO_PROXY for Python under sallyport run, --only %s", (only) => {
  test.for(clients)(
    "$name reads it, goes through the proxy, and reaches loopback directly",
    async (client, { skip }) => {
      if ("missing" in client.found) skip(client.found.missing);
      const home = await mkdtemp(join(tmpdir(), "sallyport-python-"));
      const locals = await Promise.all([localServer("127.0.0.1"), localServer("::1")]);
      try {
        await using lab = await startLab();
        const proxy = await lab.proxy({ name: "proxy", login: { username: "alice", password: "p@ss w%rd" } });
        const origin = await lab.origin({ name: "api.lab.test" });
        const urls = [`${origin.url}/echo`, ...locals.map(({ url }) => url)];
        const flags = only === "all" ? [] : ["--only", only];
        const argv = [process.execPath, builtCli, "run", "--no-check", ...flags, "--", ...client.command(urls)];
        const ran = await execute(argv, {
          PATH: process.env["PATH"] ?? "",
          HOME: home,
          CLAUDE_CODE_CERT_STORE: "bundled",
          ...labVariables(lab, proxy, { clientCertificate: false, noProxy }),
        });
        expect({ status: ran.status, said: ran.status === 0 ? "" : ran.stdout + ran.stderr }).toEqual({
          status: 0,
          said: "",
        });
        expect(ran.stdout.trim().split("\n")).toHaveLength(3);
        const asked = lab.log.of("proxy", "connect").map(({ target, status }) => ({ target, status }));
        expect(asked.filter(({ status }) => status === 200)).toEqual([
          { target: new URL(origin.url).host, status: 200 },
        ]);
        // Neither of the local servers was asked for there, in absolute form or by a tunnel.
        expect(lab.log.of("proxy", "request")).toEqual([]);
        expect(new Set(asked.map(({ target }) => target))).toEqual(new Set([new URL(origin.url).host]));
      } finally {
        for (const { server } of locals) server.close();
        await rm(home, { recursive: true, force: true });
      }
    },
  );
});
