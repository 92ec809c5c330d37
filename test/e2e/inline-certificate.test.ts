import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createNetwork } from "../../src/clients/index.js";
import { labVariables } from "../../src/lab/index.js";
import { get, hostOf, secureThrough, textOf } from "./gateway/support.js";
import { startGateway } from "../../src/gateway/index.js";
import { ask } from "./preload/support/program.js";
import { run } from "./run/support/cli.js";
import { nodeRequest } from "./support/clients.js";
import { standardLab } from "../support/standard-lab.js";

/** The variables of the office, with the texts themselves where paths usually are, as containers' secrets come. */
const lab = await standardLab();
const { client, bundle } = lab.files;
const key = await readFile(client.encryptedKey, "utf8");
const variables = {
  ...labVariables(lab, lab.basic),
  NODE_EXTRA_CA_CERTS: "",
  SSL_CERT_FILE: await readFile(bundle, "utf8"),
  CLAUDE_CODE_CLIENT_CERT: (await readFile(client.cert, "utf8")).replaceAll("\n", "\\n"),
  CLAUDE_CODE_CLIENT_KEY: key,
};

const peers = (): readonly (string | undefined)[] => lab.log.of(lab.mtls.name, "request").map(({ peer }) => peer);
const network = () => createNetwork({ source: { variables }, lookup: lab.lookup, stores: ["bundled"] });

describe("a certificate whose PEM text is in the variables is presented", () => {
  it("by fetch", async () => {
    await using net = await network();
    await net.fetch(`${lab.mtls.url}/echo`);
    expect(peers()).toEqual(["alice"]);
  });

  it("by an agent", async () => {
    await using net = await network();
    await nodeRequest(net, `${lab.mtls.url}/echo`);
    expect(peers()).toEqual(["alice"]);
  });

  it("by an unmodified program with the preload", async () => {
    const told = await ask("fetch", [`${lab.mtls.url}/echo`], { variables });
    expect(told.map(({ answer }) => answer?.peer)).toEqual(["alice"]);
  });

  it("by a gateway", async () => {
    const gateway = await startGateway({
      source: { variables },
      lookup: lab.lookup,
      stores: ["bundled"],
      watch: false,
      intercept: ["mtls.lab.test"],
    });
    try {
      const socket = await secureThrough(gateway, hostOf(lab.mtls.url), { ALPNProtocols: ["http/1.1"] });
      socket.write(get("/echo"));
      await textOf(socket);
      expect(peers()).toEqual(["alice"]);
    } finally {
      await gateway.close();
    }
  });

  it("by a Node program under run", async () => {
    const script = "fetch(process.argv[1]).then(r => r.json()).then(({ peer }) => console.log(peer))";
    const ran = await run(["run", "--", process.execPath, "-e", script, `${lab.mtls.url}/echo`], { variables });
    expect(ran).toMatchObject({ exit: 0, stdout: "alice\n" });
    expect(ran.stdout + ran.stderr).not.toContain(key.split("\n")[1]);
  });
});

/** What a program that reads a path from the variable finds there. */
const reads = (name: string): string =>
  `const fs = require("node:fs"); const path = process.env.${name}; console.log(path, (fs.statSync(path).mode & 0o777).toString(8), fs.readFileSync(path, "utf8").slice(0, 30))`;

describe("a program under run that reads a path", () => {
  it.each([
    ["", []],
    [", with --only env", ["--only", "env"]],
    [", with --only preload", ["--only", "preload"]],
  ] as const)("gets that of a private file, which is gone afterwards%s", async (_how, flags) => {
    for (const name of ["CLAUDE_CODE_CLIENT_CERT", "CLAUDE_CODE_CLIENT_KEY", "SSL_CERT_FILE"]) {
      const { exit, stdout } = await run(
        ["run", "--no-check", ...flags, "--", "env", "-u", "NODE_OPTIONS", process.execPath, "-e", reads(name)],
        { variables },
      );
      const [, path = "", mode, content] = /^(\S+) (\S+) ([^]+)$/.exec(stdout) ?? [];
      expect([exit, mode]).toEqual([0, "600"]);
      expect(content).toContain("-----BEGIN ");
      await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
    }
  });

  it("finds neither text nor path where the gateway keeps the certificate", async () => {
    const { exit, stdout } = await run(["run", "--no-check", "--intercept", "mtls.lab.test", "--", "env"], {
      variables,
    });
    expect(exit).toBe(0);
    expect(stdout).not.toMatch(/^CLAUDE_CODE_CLIENT_(?:CERT|KEY)/m);
    expect(stdout).not.toContain("PRIVATE KEY");
  });
});
