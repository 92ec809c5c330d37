import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pemToBase64 } from "../../src/base/pem.js";
import { certify, party } from "../../src/base/testing/certificates.js";
import { answering } from "../../src/doctor/testing/answering.js";
import { codesOf, commandOf, Shell } from "../support/shell.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();
const root = readFileSync(lab.files.rootCa, "utf8");
const inspector = readFileSync(lab.files.inspectorCa, "utf8");
const site = lab.api.directUrl;
const der = (pem: string): Buffer => Buffer.from(pemToBase64(pem), "base64");
const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256;

/** A remedy's command, pasted as it stands into a shell whose user has an empty home: the next doctor has nothing to say. */
describe("the command that a remedy says, pasted", () => {
  const dataFolder = process.platform === "darwin" ? "Library/Application Support" : ".local/share";
  it.each([
    ["mkcert keeps it", `${dataFolder}/mkcert/rootCA.pem`, root],
    ["step keeps it", ".step/certs/root_ca.crt", root],
    ["Fiddler exports it, as DER", "Desktop/FiddlerRootCertificate.crt", der(root)],
  ])("trusts the root where %s", async (_where, name, content) => {
    using shell = new Shell();
    const file = shell.file(name, content);
    const before = await shell.doctor(site);
    expect(codesOf(before)).toEqual(["TLS_UNTRUSTED_ISSUER"]);
    expect(before.targets[0]?.chain?.missing?.place).toBe(file);
    expect(await shell.paste(before.faults[0]?.remedy)).toMatch(/^sallyport trust add .* --fingerprint [0-9A-F:]{95}$/);
    expect(codesOf(await shell.doctor(site))).toEqual([]);
  });

  it("trusts an inspector whose root mitmproxy left in the home", async () => {
    const trusting = { HTTPS_PROXY: lab.inspector.url, SALLYPORT_CA_CERTS: lab.files.rootCa };
    using shell = new Shell(trusting);
    shell.file(".mitmproxy/mitmproxy-ca-cert.pem", inspector);
    const url = "https://api.lab.test/";
    const before = await shell.doctor(url);
    expect(codesOf(before)).toEqual(["TLS_INSPECTED"]);
    await shell.paste(before.faults[0]?.remedy);
    expect(codesOf(await shell.doctor(url))).toEqual([]);
  });

  it("asks for the fingerprint where the authority is known by the network alone, and trusts it with that", async () => {
    const { intermediate } = lab.authorities;
    const { chain, key } = await intermediate.issue({ commonName: "localhost", hosts: ["localhost"], usage: "server" });
    await using server = await answering({ issuer: intermediate, tls: { cert: chain + root, key } });
    const url = `https://localhost:${server.port}/`;
    using shell = new Shell();
    const [fault] = (await shell.doctor(url)).faults;
    const line = commandOf(fault?.remedy ?? "");
    expect(line).toBe(`sallyport trust add localhost:${server.port}`);
    expect(await shell.run(line)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("add --fingerprint SHA256"),
    });
    expect(codesOf(await shell.doctor(url))).toEqual([fault?.code]);
    expect((await shell.run(`${line} --fingerprint ${fingerprint(root)}`)).exit).toBe(0);
    expect(codesOf(await shell.doctor(url))).toEqual([]);
  });

  const converted: readonly (readonly [string, string, Uint8Array | string])[] = [
    ["DER, in a file with a blank in its name", "corp root.cer", der(root)],
    ["UTF-16, as PowerShell's redirect writes it", "corp.pem", Buffer.from(`\ufeff${root}`, "utf16le")],
    ["base64 without its lines", "corp.txt", pemToBase64(root)],
  ];
  it.each(converted)("makes PEM of an authority in %s", async (_form, name, content) => {
    using shell = new Shell();
    shell.set({ SALLYPORT_CA_CERTS: shell.file(name, content) });
    const { faults } = await shell.doctor(site);
    const broken = faults.find(({ code }) => code === "CA_FILE_INVALID");
    const line = await shell.paste(broken?.remedy);
    const [, output = ""] = / -o (.+)$/.exec(line) ?? [];
    expect(broken?.remedy).toContain(`and name ${output} instead`);
    shell.set({ SALLYPORT_CA_CERTS: output.replaceAll(/^['"]|['"]$/g, "") });
    expect(codesOf(await shell.doctor(site))).toEqual([]);
  });

  it.each(["certificate", "key"] as const)("makes PEM of a client's %s in DER", async (part) => {
    const { cert, key } = lab.files.client;
    using shell = new Shell({ SALLYPORT_CA_CERTS: lab.files.rootCa });
    const paths = { certificate: cert, key };
    const content = der(readFileSync(paths[part], "utf8"));
    const broken = { ...paths, [part]: shell.file(`alice.${part === "key" ? "key" : "cer"}`, content) };
    const named = (now: typeof paths): void =>
      shell.set({ SALLYPORT_CLIENT_CERT: now.certificate, SALLYPORT_CLIENT_KEY: now.key });
    named(broken);
    const { faults } = await shell.doctor(site);
    const line = await shell.paste(faults[0]?.remedy);
    const [, output = ""] = / -o (\S+)/.exec(line) ?? [];
    named({ ...paths, [part]: output });
    expect(codesOf(await shell.doctor(site))).toEqual([]);
  });

  it("takes an authority that breaks other programs out of the user's own", async () => {
    using shell = new Shell({ SALLYPORT_CA_CERTS: lab.files.rootCa });
    const impostor = certify({ subject: party("Corp Root"), issuer: party("Corp Root") });
    shell.file(join(dataFolder, "sallyport/trusted.pem"), impostor);
    const { warnings } = await shell.doctor(site);
    expect(warnings.map(({ code }) => code)).toEqual(["CA_BREAKS_CHAINS"]);
    expect(await shell.paste(warnings[0]?.remedy)).toMatch(/^sallyport trust remove [0-9A-F:]{23,}$/);
    expect(codesOf(await shell.doctor(site))).toEqual([]);
  });
});
