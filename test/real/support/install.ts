import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findProgram, findSquid } from "./programs.js";

/** Debian's package for each program. The first two are the point of the suite; without the others a few scenes are skipped. */
const packages: Readonly<Record<string, string>> = {
  squid: "squid-openssl",
  nginx: "nginx",
  haproxy: "haproxy",
  microsocks: "microsocks",
  apache2: "apache2-bin",
  tinyproxy: "tinyproxy-bin",
  krb5kdc: "krb5-kdc",
  "kadmin.local": "krb5-admin-server",
  kinit: "krb5-user",
  // Headers for the package kerberos, which is compiled here; and what compiles it.
  "../include/krb5.h": "libkrb5-dev",
  "g++": "g++",
  make: "make",
  winbindd: "winbind",
  smbpasswd: "samba-common-bin",
  cntlm: "cntlm",
  openssl: "openssl",
  chromium: "chromium",
  certutil: "libnss3-tools",
  curl: "curl",
  wget: "wget",
  git: "git",
  zsh: "zsh",
  fish: "fish",
  go: "golang-go",
  ip: "iproute2",
  tcpdump: "tcpdump",
  nft: "nftables",
  php: "php-cli",
  aria2c: "aria2",
  gsettings: "libglib2.0-bin",
  "../share/glib-2.0/schemas/org.gnome.system.proxy.gschema.xml": "gsettings-desktop-schemas",
  "../lib/python3/dist-packages/requests": "python3-requests",
  lftp: "lftp",
  mvn: "maven",
  gradle: "gradle",
  ruby: "ruby",
  hg: "mercurial",
  svn: "subversion",
  sshd: "openssh-server",
  ssh: "openssh-client",
  bwrap: "bubblewrap",
  podman: "podman",
  tmux: "tmux",
  "../share/doc/php-curl": "php-curl",
  "../lib/python3/dist-packages/pip": "python3-pip",
  mkcert: "mkcert",
};

const policy = "/usr/sbin/policy-rc.d";

/**
 * Installs what is missing, where that takes neither a question nor a password. Never replaces a squid that is there:
 * the packages exclude each other, and the machine's owner may depend on the other one.
 */
export function installMissing(say: (line: string) => void): void {
  const missing = Object.keys(packages).filter((program) => findProgram(program) === undefined);
  if (missing.length === 0) return;
  const wanted = missing.map((program) => packages[program] ?? program);
  const prefix = asRoot();
  if (prefix === undefined || findProgram("apt-get") === undefined) {
    say(
      `missing: ${missing.join(", ")}; they install themselves for root (or sudo without a password) on Debian and Ubuntu: apt-get install ${wanted.join(" ")}`,
    );
    return;
  }
  say(`apt-get install ${wanted.join(" ")}`);
  withoutServices(prefix, () => {
    const install = [...prefix, "apt-get", "install", "-y", "--no-install-recommends", ...wanted];
    if (!succeeds(install)) {
      // An image without package lists knows no package at all.
      succeeds([...prefix, "apt-get", "update"]);
      if (!succeeds(install)) say(`apt-get could not install ${wanted.join(" ")}`);
    }
  });
}

/** What goes before a command that needs root; undefined where root is out of reach. */
function asRoot(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return [];
  const sudo = ["sudo", "-n"];
  return findProgram("sudo") !== undefined && succeeds([...sudo, "true"]) ? sudo : undefined;
}

/**
 * Debian starts a daemon as soon as it is installed. The tests bring their own, so the installation runs under the policy
 * that forbids it (invoke-rc.d(8)), which is taken away again where it was not there before.
 */
function withoutServices(prefix: readonly string[], install: () => void): void {
  if (existsSync(policy)) {
    install();
    return;
  }
  const write = `printf '#!/bin/sh\\nexit 101\\n' > ${policy} && chmod 755 ${policy}`;
  succeeds([...prefix, "sh", "-c", write]);
  try {
    install();
  } finally {
    succeeds([...prefix, "rm", "-f", policy]);
  }
}

function succeeds(command: readonly string[]): boolean {
  const [program, ...args] = command;
  if (program === undefined) return false;
  const result = spawnSync(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return result.status === 0;
}

/** Why the suite cannot run here, or undefined where it can. */
export function whatIsMissing(): string | undefined {
  if (process.platform === "win32") return "real servers run on Linux and macOS only";
  if (findProgram("squid") === undefined) return "squid (Debian: squid-openssl) is not installed";
  if (findSquid() === undefined)
    return "this squid is built without OpenSSL and cannot inspect TLS (Debian: squid-openssl)";
  const absent = ["nginx", "openssl"].find((name) => findProgram(name) === undefined);
  return absent === undefined ? undefined : `${absent} is not installed`;
}
