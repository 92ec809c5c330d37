import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { pemToBase64 } from "../base/pem.js";
import type { System } from "../base/system.js";
import { certify, party, selfSigned } from "../base/testing/certificates.js";
import { createSystem } from "../env/index.js";
import { findMissing } from "./missing.js";

const somebody = party("Somebody's Root");
const root = selfSigned(somebody);
const leaf = certify({ subject: party("wiki.example"), issuer: somebody });
const der = (pem: string): Buffer => Buffer.from(pemToBase64(pem), "base64");

interface Looked {
  readonly place: unknown;
  readonly read: readonly string[];
}

/** Looks for the root on a machine that holds these files and no other, for a user with these variables. */
async function look(
  platform: NodeJS.Platform,
  files: Readonly<Record<string, string | Buffer>>,
  variables: Readonly<Record<string, string>> = {},
): Promise<Looked> {
  const slash = platform === "win32" ? "\\" : "/";
  const read: string[] = [];
  const absent = (): never => {
    throw Object.assign(new Error("no"), { code: "ENOENT" });
  };
  const system: System = {
    ...createSystem(),
    platform,
    readFile: (path) => {
      read.push(path);
      return Promise.resolve().then(() => Buffer.from(files[path] ?? absent()));
    },
    readDirectory: (path) => {
      const below = Object.keys(files).filter((file) => file.startsWith(path + slash));
      return Promise.resolve([...new Set(below.map((file) => file.slice(path.length + 1).split(slash)[0] ?? ""))]);
    },
  };
  const missing = await findMissing([der(leaf)], system, {
    settings: {
      files: [],
      directories: [],
      stores: { value: ["bundled", "system"], source: { kind: "default" } },
    },
    trust: { certificates: [] },
    prefix: "SALLYPORT",
    user: { home: platform === "win32" ? "C:\\Users\\alice" : "/home/alice", variables },
  });
  return { place: missing?.lies?.place, read };
}

describe("a root that is missing is found", () => {
  const support = "/home/alice/Library/Application Support";
  const local = "C:\\Users\\alice\\AppData\\Local";
  const roaming = "C:\\Users\\alice\\AppData\\Roaming";
  it.each<[string, NodeJS.Platform, string, Readonly<Record<string, string>>?]>([
    ["mitmproxy", "linux", "/home/alice/.mitmproxy/mitmproxy-ca-cert.pem"],
    ["mitmproxy", "win32", "C:\\Users\\alice\\.mitmproxy\\mitmproxy-ca-cert.pem"],
    ["mkcert", "linux", "/home/alice/.local/share/mkcert/rootCA.pem"],
    ["mkcert", "linux", "/data/mkcert/rootCA.pem", { XDG_DATA_HOME: "/data" }],
    ["mkcert", "linux", "/srv/ca/rootCA.pem", { CAROOT: "/srv/ca" }],
    ["mkcert", "darwin", `${support}/mkcert/rootCA.pem`],
    ["mkcert", "win32", `${local}\\mkcert\\rootCA.pem`],
    ["mkcert", "win32", "D:\\data\\mkcert\\rootCA.pem", { LocalAppData: "D:\\data" }],
    ["Caddy", "linux", "/home/alice/.local/share/caddy/pki/authorities/local/root.crt"],
    ["Caddy, for an authority with a name", "linux", "/home/alice/.local/share/caddy/pki/authorities/team/root.crt"],
    ["Caddy as a service", "linux", "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"],
    ["Caddy", "darwin", `${support}/Caddy/pki/authorities/local/root.crt`],
    ["Caddy", "win32", `${roaming}\\Caddy\\pki\\authorities\\local\\root.crt`],
    ["step", "linux", "/home/alice/.step/certs/root_ca.crt"],
    ["step", "darwin", "/opt/step/certs/root_ca.crt", { STEPPATH: "/opt/step" }],
    [
      "step, for one of several authorities",
      "linux",
      "/home/alice/.step/authorities/ca.acme.example/certs/root_ca.crt",
    ],
    ["Charles", "linux", "/home/alice/.charles/ca/charles-proxy-ssl-proxying-certificate.pem"],
    ["Charles", "darwin", `${support}/Charles/ca/charles-proxy-ssl-proxying-certificate.pem`],
    ["Charles", "win32", `${roaming}\\Charles\\ca\\charles-proxy-ssl-proxying-certificate.pem`],
  ])("where %s keeps it, on %s: %s", async (_tool, platform, file, variables) => {
    expect((await look(platform, { [file]: root }, variables)).place).toEqual({ file });
  });

  it.each([
    ["Fiddler Everywhere", "linux", "/home/alice/Desktop/FiddlerRootCertificate.crt"],
    ["Fiddler Classic", "win32", "C:\\Users\\alice\\Desktop\\FiddlerRoot.cer"],
  ] as const)("where %s exports it, on %s: DER", async (_tool, platform, file) => {
    expect((await look(platform, { [file]: der(root) })).place).toEqual({ file });
  });
});

describe("what is looked into for a root", () => {
  it.each(["linux", "darwin", "win32"] as const)("holds no key by its name, on %s", async (platform) => {
    const { place, read } = await look(platform, {}, { CAROOT: platform === "win32" ? "D:\\ca" : "/srv/ca" });
    expect(place).toBeUndefined();
    expect(read.length).toBeGreaterThan(4);
    expect(read.filter((path) => /key|\.p12|\.pfx|mitmproxy-ca\.pem|prefs\.xml/i.test(path))).toEqual([]);
  });

  it("is no folder that a relative variable names: the working directory has no say in whom to trust", async () => {
    const { read } = await look("linux", {}, { CAROOT: "ca", STEPPATH: ".", XDG_DATA_HOME: "data" });
    expect(read.filter((path) => !path.startsWith("/"))).toEqual([]);
  });

  it("is passed over where a root of another key bears the name", async () => {
    const other = selfSigned(party("Somebody's Root"));
    expect(new X509Certificate(other).subject).toBe(new X509Certificate(root).subject);
    expect((await look("linux", { "/home/alice/.step/certs/root_ca.crt": other })).place).toBeUndefined();
  });
});
