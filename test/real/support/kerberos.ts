import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cache } from "./cache.js";
import { startDaemon } from "./daemon.js";
import { freePorts } from "./ports.js";
import { findProgram } from "./programs.js";

/** The last release of the package that is an optional part of this one. */
const packageVersion = "7.0.0";

/** A realm of the test's own on loopback: MIT's KDC, a user with a ticket, and the proxy's key. */
export interface Realm extends AsyncDisposable {
  /** What a program needs to see the realm, without a ticket. */
  readonly env: Readonly<Record<string, string>>;
  readonly keytab: Buffer;
  /** Gets a ticket for alice, and says what to set to use it. */
  ticket(lifetime?: string): Promise<Readonly<Record<string, string>>>;
}

/** @returns undefined where the KDC is missing */
export async function startRealm(): Promise<Realm | undefined> {
  const kdc = findProgram("krb5kdc");
  const [kdb, kadmin, kinit] = ["kdb5_util", "kadmin.local", "kinit"].map(findProgram);
  if (kdc === undefined || kdb === undefined || kadmin === undefined || kinit === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), "sallyport-realm-"));
  const at = (file: string): string => join(directory, file);
  const port = (await freePorts(1))();
  await writeFile(at("krb5.conf"), clientConfiguration(port));
  await writeFile(at("kdc.conf"), serverConfiguration(port, at));
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", KRB5_CONFIG: at("krb5.conf"), KRB5_KDC_PROFILE: at("kdc.conf") };
  const run = (program: string, ...args: string[]): void =>
    void execFileSync(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  run(kdb, "create", "-s", "-r", "LAB.TEST", "-P", "master");
  run(kadmin, "-q", "addprinc -pw wonderland alice");
  run(kadmin, "-q", "addprinc -randkey HTTP/localhost");
  run(kadmin, "-q", `ktadd -k ${at("http.keytab")} HTTP/localhost`);
  await chmod(directory, 0o755);
  const daemon = await startDaemon("kdc", {
    command: kdc,
    args: ["-n", "-r", "LAB.TEST", "-P", at("kdc.pid")],
    ports: [port],
    directory,
    env: { KRB5_CONFIG: env.KRB5_CONFIG, KRB5_KDC_PROFILE: env.KRB5_KDC_PROFILE },
  });
  let tickets = 0;
  return {
    env: { KRB5_CONFIG: env.KRB5_CONFIG, KRB5CCNAME: `FILE:${at("none")}` },
    keytab: await readFile(at("http.keytab")),
    ticket: async (lifetime = "10h") => {
      const file = at(`ticket-${++tickets}`);
      execFileSync(kinit, ["-l", lifetime, "-c", file, "alice"], {
        env,
        input: "wonderland\n",
        stdio: ["pipe", "ignore", "pipe"],
      });
      return { KRB5_CONFIG: env.KRB5_CONFIG, KRB5CCNAME: `FILE:${file}` };
    },
    async [Symbol.asyncDispose]() {
      await daemon.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const clientConfiguration = (port: number): string => `[libdefaults]
 default_realm = LAB.TEST
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 LAB.TEST = {
  kdc = 127.0.0.1:${port}
 }
[domain_realm]
 localhost = LAB.TEST
`;

const serverConfiguration = (port: number, at: (file: string) => string): string => `[kdcdefaults]
 kdc_listen = 127.0.0.1:${port}
 kdc_tcp_listen = 127.0.0.1:${port}
[realms]
 LAB.TEST = {
  database_name = ${at("principal")}
  key_stash_file = ${at("stash")}
  acl_file = ${at("acl")}
  max_life = 10h
 }
[logging]
 kdc = FILE:${at("kdc.log")}
`;

/**
 * The folder to be named in NODE_PATH, in which Node finds the package `kerberos`, built for this machine; a sentence where that cannot be
 * done. Its prebuilt files lie outside of npm, so it is compiled from source, with the headers that came with this Node.
 */
export function kerberosPackage(): { readonly folder: string } | { readonly missing: string } {
  const prefix = join(cache, `kerberos-${packageVersion}-napi`);
  const modules = join(prefix, "node_modules");
  const built = join(modules, "kerberos", "build", "Release", "kerberos.node");
  if (existsSync(built)) return { folder: modules };
  const headers = dirname(dirname(process.execPath));
  if (!existsSync(join(headers, "include", "node", "node_api.h")))
    return { missing: "this Node came without its headers" };
  const npm = (...args: string[]): boolean =>
    spawnSync("npm", args, { stdio: "ignore", timeout: 180_000 }).status === 0;
  const options = ["--prefix", prefix, "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  if (!npm("install", ...options, `kerberos@${packageVersion}`)) return { missing: "npm cannot install kerberos here" };
  const compiled = npm(
    "exec",
    "--prefix",
    join(modules, "kerberos"),
    "--yes",
    "--",
    "node-gyp",
    "rebuild",
    "-C",
    join(modules, "kerberos"),
    `--nodedir=${headers}`,
  );
  return compiled && existsSync(built) ? { folder: modules } : { missing: "kerberos cannot be compiled here" };
}
