import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownFolder } from "../support/own-folder.js";
import type { ConnectError, Fault, RunCommandOptions, RunPlan } from "../../src/index.js";
import { labVariables, startLab, type Lab, type LabProxy } from "../../src/lab/index.js";
import { Enclave } from "../matrix/support/enclave.js";
import { library } from "./support/built.js";
import { freePorts } from "./support/ports.js";
import { findProgram } from "./support/programs.js";

const missing = Enclave.whatIsMissing() ?? ["nft", "curl"].find((name) => findProgram(name) === undefined);
if (missing !== undefined) console.log(`run({ capture }): SKIPPED, for want of ${missing}`);

const folder = ownFolder("capture-library");

describe.skipIf(missing !== undefined)("run() with capture", () => {
  let lab: Lab;
  let proxy: LabProxy;
  beforeAll(async () => {
    lab = await startLab();
    await lab.origin({ name: "api.lab.test", clientCertificate: "required" });
    proxy = await lab.proxy({ name: "basic", login: { username: "alice", password: "p@ss#w%rd" } });
  });
  afterAll(() => lab.close());

  async function start(command: readonly string[], more: RunCommandOptions = {}) {
    const told = { stdout: "", stderr: "", plans: [] as RunPlan[], faults: [] as Fault[] };
    const { run } = await library();
    const PATH = [dirname(process.execPath), process.env["PATH"]].join(":");
    const end = await run(command, {
      source: { variables: { PATH, HOME: folder, ...labVariables(lab, proxy) } },
      stores: ["bundled"],
      check: false,
      capture: true,
      onOutput: (chunk, stream) => void (told[stream] += Buffer.from(chunk).toString()),
      onPlan: (plan) => told.plans.push(plan),
      onFault: (fault) => told.faults.push(fault),
      ...more,
    });
    return { end, told };
  }
  const bare = (url: string): string[] => ["env", "-i", findProgram("curl") ?? "", "-sS", "-m", "10", url];

  test("gets a program out that knows no variable, with the certificate, and gives its status", async () => {
    const command = bare(`https://api.lab.test:${lab.origins[0]?.port}/echo`);
    const { end, told } = await start(command, { intercept: ["api.lab.test"] });
    expect({ end, stderr: told.stderr }).toEqual({ end: { status: 0, signal: undefined }, stderr: "" });
    expect(JSON.parse(told.stdout)).toMatchObject({ peer: "alice" });
    expect(told.plans).toMatchObject([
      { gateway: { url: expect.stringMatching(/^unix:/) as string, intercept: ["api.lab.test"] }, readable: [] },
    ]);
  });

  test("leads to the ports of the machine that are named, shows those of the command, and ends it by its signal", async () => {
    const host = createServer((_request, response) => response.end("from the machine\n"));
    host.listen(0, "127.0.0.1");
    await once(host, "listening");
    const { port } = host.address() as AddressInfo;
    const own = (await freePorts(1))();
    const serve = `require("node:http").createServer((q, a) => a.end("from the command")).listen(${own}, "127.0.0.1", () => console.log("up"))`;
    const script = `${bare(`http://127.0.0.1:${port}/`).join(" ")}; exec '${process.execPath}' -e '${serve}'`;
    const ending = new AbortController();
    const seen: string[] = [];
    let text = "";
    const running = start(["sh", "-c", script], {
      capture: { hostPorts: [port], publish: [own] },
      signal: ending.signal,
      onOutput: async (chunk) => {
        text += Buffer.from(chunk).toString();
        if (!text.includes("up\n") || seen.length > 0) return;
        seen.push(await fetch(`http://127.0.0.1:${own}/`).then((answer) => answer.text()));
        ending.abort(new Error("enough"));
      },
    });
    await expect(running).rejects.toThrow("enough");
    expect({ text, seen }).toEqual({ text: "from the machine\nup\n", seen: ["from the command"] });
    host.closeAllConnections();
    host.close();
  });

  test("tells what the gateway could not do, which the program saw as a reset alone", async () => {
    const { end, told } = await start(bare("https://nowhere.corp.test/"));
    expect(end.status).toBeGreaterThan(0);
    expect(told.faults).toMatchObject([{ code: "PROXY_BAD_GATEWAY" }]);
  });

  test.each([
    ["ports that are none", { capture: { publish: [0] } }, "capture.publish must hold whole numbers from 1 to 65535"],
    ["a port that is half one", { capture: { hostPorts: [80.5] } }, "capture.hostPorts must hold"],
    ["parts of what it is told", { parts: "env" }, "a captured command is told of nothing"],
  ] as const)("refuses %s before anything starts", async (_what, options, message) => {
    const error = await start(["touch", join(folder, "begun")], options).catch((reason: ConnectError) => reason);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(message) as string });
  });
});
