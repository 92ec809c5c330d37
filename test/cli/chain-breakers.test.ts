import { mkdirSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { certify, party } from "../../src/base/testing/certificates.js";
import type { Report } from "../../src/doctor/index.js";
import { labVariables } from "../../src/lab/index.js";
import { ownFolder } from "../support/own-folder.js";
import { standardLab } from "../support/standard-lab.js";
import { run } from "./support/run.js";

const lab = await standardLab();
const folder = ownFolder("breakers");
const home = join(folder, "home");
beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home);
});

const url = "https://api.lab.test/";
const variables: Readonly<Record<string, string>> = { ...labVariables(lab, lab.basic), HOME: home, USERPROFILE: home };

async function warnings(more: Readonly<Record<string, string>> = {}): Promise<Report["warnings"]> {
  const { exit, stdout } = await run(["doctor", "--json", url], {
    variables: { ...variables, ...more },
    lookup: lab.lookup,
  });
  expect(exit).toBe(0);
  return (JSON.parse(stdout) as Report).warnings.filter(({ code }) => code === "CA_BREAKS_CHAINS");
}

describe("sallyport doctor, of authorities that break chain building elsewhere", () => {
  const sound = readFileSync(variables["NODE_EXTRA_CA_CERTS"] ?? "", "utf8");
  const impostor = certify({ subject: party("Corp Root"), issuer: party("Corp Root") });

  it("says nothing of the lab's own", async () => {
    expect(await warnings()).toEqual([]);
  });

  it("names the certificate and the file, and is silent once it was taken out of there", async () => {
    const file = join(folder, "corp.pem");
    writeFileSync(file, impostor + sound);
    const [warning, ...others] = await warnings({ SSL_CERT_FILE: file });
    expect(others).toEqual([]);
    expect(warning?.message).toContain(`"Corp Root" in ${file} gives its own name as its issuer's`);
    expect(warning?.remedy).toContain(`out of ${file}`);
    writeFileSync(file, sound);
    expect(await warnings({ SSL_CERT_FILE: file })).toEqual([]);
  });

  it("tells the command that takes one out that the user has stored, and that command does", async () => {
    const data = join(home, ".local", "share", "sallyport");
    mkdirSync(data, { recursive: true, mode: 0o700 });
    writeFileSync(join(data, "trusted.pem"), impostor, { mode: 0o600 });
    const [warning] = await warnings();
    const command = /run: sallyport (trust remove [0-9A-F:]+);/.exec(warning?.remedy ?? "")?.[1];
    expect((await run((command ?? "").split(" "), { variables })).exit).toBe(0);
    expect(await warnings()).toEqual([]);
  });
});
