import { chmod, lstat, readFile, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleFiles } from "../../trust/index.js";
import type { Cover } from "./messages.js";

/** Files of authorities that the command is to trust. */
export interface CoverFiles {
  /** PEM of all authorities. */
  readonly bundle: string;
  /** The same for Java. */
  readonly truststore: string;
}

/** Where distributions keep the trust store that all their Javas share. */
const javaPlaces = ["/etc/ssl/certs/java/cacerts", "/etc/pki/java/cacerts", "/etc/pki/ca-trust/extracted/java/cacerts"];
/** Services outside that answer questions for names, and would ask the network. */
const nameServices = [
  "/run/nscd/socket",
  "/var/run/nscd/socket",
  "/run/systemd/resolve/io.systemd.Resolve",
  "/run/avahi-daemon/socket",
];
const resolverSettings = "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n";

/**
 * What lies over the machine's own files in the command's eyes: the authorities, so that programs trust what they should which are told by no variable,
 * and the ways to a resolver. Only what is there can be covered.
 * @param authorities undefined where there are none: then nothing is covered
 * @param folder the command's private one
 */
export async function makeCovers(authorities: CoverFiles | undefined, folder: string): Promise<Cover[]> {
  if (authorities === undefined) return [];
  const { bundle, truststore } = authorities;
  // Another user of the command's reads them through the place that they lie over.
  await Promise.all([chmod(bundle, 0o644), chmod(truststore, 0o644)]);
  const resolver = join(folder, "resolv.conf");
  await writeFile(resolver, resolverSettings, { mode: 0o644 });
  const wanted: Cover[] = [
    ...bundleFiles.map((target) => ({ source: bundle, target })),
    ...javaPlaces.map((target) => ({ source: truststore, target })),
    // No file is a socket: whoever connects is refused.
    ...nameServices.map((target) => ({ source: "/dev/null", target })),
    { source: resolver, target: "/etc/resolv.conf" },
  ];
  const order = await nameOrder(folder);
  if (order !== undefined) wanted.push({ source: order, target: "/etc/nsswitch.conf" });
  const found = new Map<string, Cover>();
  for (const { source, target } of wanted) {
    const real = await realpath(target).catch(() => undefined);
    if (real !== undefined && !(await lstat(real)).isDirectory()) found.set(real, { source, target: real });
  }
  return [...found.values()];
}

/** The C library asks the file of hosts and DNS alone: mDNS, systemd-resolved and directories of users would ask elsewhere. */
async function nameOrder(folder: string): Promise<string | undefined> {
  const text = await readFile("/etc/nsswitch.conf", "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const file = join(folder, "nsswitch.conf");
  await writeFile(file, `${text.replace(/^[ \t]*hosts[ \t]*:.*$/gm, "").trimEnd()}\nhosts: files dns\n`, {
    mode: 0o644,
  });
  return file;
}
