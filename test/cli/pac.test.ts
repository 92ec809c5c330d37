import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileURLToPath } from "node:url";
import { closedPort } from "../support/closed-port.js";
import { labVariables } from "../../src/lab/index.js";
import { standardLab } from "../support/standard-lab.js";
import { run } from "./support/run.js";

const builtCli = fileURLToPath(new URL("../../dist/cli/bin.cjs", import.meta.url));
const lab = await standardLab();
const web = createServer();
let asked = 0;
let variables: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  const dead = await closedPort();
  const script = `function FindProxyForURL(url, host) {
    return dnsDomainIs(host, ".lab.test") ? "PROXY 127.0.0.1:${dead}; PROXY localhost:${lab.inspector.port}" : "DIRECT";
  }`;
  web.on("request", (_request, response) => {
    asked++;
    response.writeHead(200, { "content-type": "application/x-ns-proxy-autoconfig" }).end(script);
  });
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  const { HTTPS_PROXY: _https, HTTP_PROXY: _http, NO_PROXY: _no, ...rest } = labVariables(lab, lab.inspector);
  const pac = `http://127.0.0.1:${(web.address() as AddressInfo).port}/proxy.pac`;
  variables = { ...rest, SALLYPORT_PAC_URL: pac, PATH: process.env["PATH"] ?? "" };
});
afterAll(() => {
  web.closeAllConnections();
  web.close();
});

const url = `https://${lab.api.name}/echo`;

describe("a PAC file from a web server, whose first proxy is dead", () => {
  it("leads sallyport fetch out by the second", async () => {
    const { exit, stdout, stderr } = await run(["fetch", url], { lookup: lab.lookup, variables });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ origin: lab.api.name });
    expect(lab.log.of("inspector", "connect")).toMatchObject([{ target: `${lab.api.name}:443`, status: 200 }]);
    expect(asked).toBe(1);
  });

  it("is what explain names, with all of its proxies, and what the doctor walks", async () => {
    const explained = await run(["explain", "--json", url], { lookup: lab.lookup, variables });
    expect(JSON.parse(explained.stdout)).toMatchObject({
      route: { kind: "proxy", reason: expect.stringContaining("PAC") },
    });
    const doctor = await run(["doctor", "--json", url], { lookup: lab.lookup, variables });
    expect(JSON.parse(doctor.stdout)).toMatchObject({
      ok: true,
      warnings: [
        { code: "TCP_REFUSED", message: expect.stringContaining("what the PAC file names next is used instead") },
      ],
      targets: [{ ok: true, route: { hops: [{ host: "localhost", port: lab.inspector.port }] } }],
    });
    expect(lab.log.of("inspector", "connect").length).toBeGreaterThan(0);
  });

  it("serves what runs under sallyport run, by the gateway and by the preload", async () => {
    const program = `fetch(${JSON.stringify(url)}).then((answer) => answer.json()).then(({ origin }) => console.log(origin))`;
    const child = spawn(process.execPath, [builtCli, "run", "--", process.execPath, "-e", program], {
      env: variables,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(stdout.trim(), stderr).toBe(lab.api.name);
    expect(stderr).toContain("a PAC file");
  });
});
