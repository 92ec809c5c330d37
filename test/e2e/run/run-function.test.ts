import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, type ConnectError, type Fault, type RunCommandOptions, type RunPlan } from "../../../src/index.js";
import { labVariables } from "../../../src/lab/index.js";
import { standardLab } from "../../support/standard-lab.js";
import { isInstalled, programs } from "./support/programs.js";

const lab = await standardLab();
const node = process.execPath;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-run-function-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Told {
  readonly stdout: string;
  readonly stderr: string;
  readonly plans: readonly RunPlan[];
  readonly warnings: readonly ConnectError[];
  readonly faults: readonly Fault[];
}

/** Options that write down all that is told. */
function listening(variables: Record<string, string>): { readonly told: Told; readonly options: RunCommandOptions } {
  const told = {
    stdout: "",
    stderr: "",
    plans: [] as RunPlan[],
    warnings: [] as ConnectError[],
    faults: [] as Fault[],
  };
  const options: RunCommandOptions = {
    source: { variables: { PATH: process.env["PATH"] ?? "", HOME: folder, ...variables } },
    stores: ["bundled"],
    lookup: lab.lookup,
    onOutput: (chunk, stream) => void (told[stream] += Buffer.from(chunk).toString()),
    onPlan: (plan) => told.plans.push(plan),
    onWarning: (warning) => told.warnings.push(warning),
    onFault: (fault) => told.faults.push(fault),
  };
  return { told, options };
}

const withLab = (proxy = lab.basic): ReturnType<typeof listening> => listening(labVariables(lab, proxy));

/** Whether nobody listens there any more. */
const isGone = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.once("connect", () => resolve(!socket.destroy().destroyed));
    socket.once("error", () => resolve(true));
  });

describe("run()", () => {
  it("has a Node program go out through the proxy with the certificate, and gives its status", async () => {
    const { told, options } = withLab();
    const program = `fetch("${lab.mtls.url}/echo").then((answer) => answer.json()).then(({ peer }) => {
      console.log(peer, process.env.SSL_CERT_FILE);
      process.exit(42);
    })`;
    expect(await run([node, "-e", program], options)).toEqual({ status: 42, signal: undefined });
    const [peer, bundle = ""] = told.stdout.trim().split(" ");
    expect([peer, told.stderr, told.warnings]).toEqual(["alice", "", []]);
    expect(lab.log.of(lab.basic.name, "connect").map(({ status }) => status)).toEqual([200]);
    expect(lab.log.of(lab.mtls.name, "request").map((event) => event.peer)).toEqual(["alice"]);
    expect(told.plans).toMatchObject([
      {
        summary: expect.stringContaining("login alice") as string,
        gateway: { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/) as string, reasons: [{}], intercept: [] },
        readable: [],
      },
    ]);
    expect([bundle, existsSync(bundle)]).toEqual([expect.stringContaining("sallyport-"), false]);
  });

  it("says by which signal a command ended, and the status that a shell would give", async () => {
    const { options } = listening({});
    expect(await run([node, "-e", "process.kill(process.pid, 'SIGKILL')"], options)).toEqual({
      status: 137,
      signal: "SIGKILL",
    });
  });

  it("rejects with a ConnectError for a command that does not exist", async () => {
    const { told, options } = listening({});
    await expect(run(["no-such-command"], options)).rejects.toMatchObject({
      name: "ConnectError",
      code: "CONFIG_INVALID",
      message: 'the command "no-such-command" was not found',
    });
    expect(told.plans).toHaveLength(1);
  });

  it("starts nothing where the check finds the way closed", async () => {
    const { told, options } = listening({ ...labVariables(lab, lab.basic), HTTPS_PROXY: lab.basic.url });
    const marker = join(folder, "launched");
    const launching = run(["touch", marker], { ...options, check: [`${lab.api.url}/`] });
    await expect(launching).rejects.toMatchObject({ name: "ConnectError", code: "PROXY_AUTH_REQUIRED" });
    expect([told.plans, existsSync(marker)]).toEqual([[], false]);
  });

  it("tells of what is wrong and stops nothing", async () => {
    const { told, options } = listening({ NODE_OPTIONS: "undefined" });
    expect(await run([node, "-e", ""], options)).toMatchObject({ status: 0 });
    expect(told.warnings).toMatchObject([{ code: "CONFIG_INVALID", severity: "warning" }]);
  });
});

describe("the signal of run()", () => {
  it("ends the command, and run() rejects with its reason once that has ended", async () => {
    const { told, options } = listening({});
    const controller = new AbortController();
    const program = `process.on("SIGTERM", () => { console.log("ending"); process.exit(0); }); console.log("ready"); setInterval(() => {}, 60_000)`;
    const onOutput: RunCommandOptions["onOutput"] = (chunk, stream) => {
      void options.onOutput?.(chunk, stream);
      if (told.stdout.includes("ready")) controller.abort(new Error("enough"));
    };
    const running = run([node, "-e", program], { ...options, onOutput, signal: controller.signal });
    await expect(running).rejects.toThrow("enough");
    expect(told.stdout).toBe("ready\nending\n");
  });

  it("has nothing started when it was aborted before", async () => {
    const { told, options } = listening({});
    await expect(run(["true"], { ...options, signal: AbortSignal.abort(new Error("never")) })).rejects.toThrow("never");
    expect(told.plans).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("the signals of this process, while run() waits,", () => {
  it("go to the command, and end nothing here", async () => {
    const { told, options } = listening({});
    const before = process.listenerCount("SIGHUP");
    const onOutput: RunCommandOptions["onOutput"] = (chunk, stream) => {
      void options.onOutput?.(chunk, stream);
      if (told.stdout === "ready\n") process.kill(process.pid, "SIGHUP");
    };
    const program = `process.on("SIGHUP", () => process.exit(7)); console.log("ready"); setInterval(() => {}, 60_000)`;
    expect(await run([node, "-e", program], { ...options, onOutput })).toMatchObject({ status: 7 });
    expect(process.listenerCount("SIGHUP")).toBe(before);
  });
});

const curl = programs.find(({ name }) => name === "curl");

describe.skipIf(curl === undefined || !isInstalled(curl))(
  "run() beside a program that can present no certificate",
  () => {
    it("starts a gateway which presents it, and which is gone afterwards", async () => {
      const { told, options } = withLab(lab.strict);
      const command = ["curl", "-sS", `${lab.mtls.url}/echo`];
      expect(await run(command, { ...options, intercept: ["mtls.lab.test"] })).toMatchObject({ status: 0 });
      expect(JSON.parse(told.stdout)).toMatchObject({ peer: "alice" });
      const [plan] = told.plans;
      expect(plan?.gateway).toMatchObject({
        intercept: ["mtls.lab.test"],
        reasons: [{ kind: "client-certificate" }, {}],
      });
      expect(await isGone(plan?.gateway?.url ?? "")).toBe(true);
    });

    it("tells what the gateway could not do for it", async () => {
      const { told, options } = withLab(lab.strict);
      const closed = await lab.origin();
      await closed.close();
      const { status } = await run(["curl", "-sS", closed.url], { ...options, parts: "gateway" });
      expect([status > 0, told.faults.map(({ code }) => code)]).toEqual([true, ["PROXY_BAD_GATEWAY"]]);
    });

    it("tells what helps here where the gateway refuses a link-local address", async () => {
      const { told, options } = listening({ ...labVariables(lab, lab.strict), NO_PROXY: "<-loopback>" });
      await run(["curl", "-sS", "http://169.254.169.254/"], { ...options, parts: "gateway" });
      expect(told.faults).toMatchObject([
        { code: "PROXY_FORBIDDEN", remedy: expect.stringContaining("take <-loopback> out of NO_PROXY") as string },
      ]);
    });

    it("closes the gateway also where the command cannot be started", async () => {
      const { told, options } = withLab(lab.socks);
      const file = join(folder, "data.txt");
      await writeFile(file, "not a program", { mode: 0o600 });
      await expect(run([file], options)).rejects.toMatchObject({
        message: expect.stringContaining("EACCES") as string,
      });
      expect(await isGone(told.plans[0]?.gateway?.url ?? "")).toBe(true);
    });
  },
);
