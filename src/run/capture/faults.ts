import { configInvalid } from "../../base/faults-config.js";
import { ConnectError } from "../../base/errors.js";

function fault(message: string, remedy: string, cause?: unknown): ConnectError {
  return new ConnectError("CAPTURE_UNAVAILABLE", { hop: "local", message, remedy, cause });
}

const withoutIt = "or leave --capture out: plain sallyport run reaches what reads variables or runs on Node";

export function otherPlatform(platform: NodeJS.Platform): ConnectError {
  const name = platform === "darwin" ? "macOS" : platform === "win32" ? "Windows" : platform;
  return fault(
    `--capture needs Linux's namespaces, and this is ${name}`,
    "leave --capture out, or run the command in a Linux container or virtual machine (WSL 2) with sallyport in it",
  );
}

/** The programs of the set-up, and the packages that they are in. */
const packages: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  unshare: "util-linux",
  mount: "util-linux",
  setpriv: "util-linux",
};

export function toolsMissing(names: readonly string[]): ConnectError {
  const wanted = [...new Set(names.map((name) => packages[name] ?? name))].join(" ");
  return fault(
    `--capture needs ${names.join(", ")}, which ${names.length === 1 ? "is" : "are"} not installed`,
    `install it, as with apt install ${wanted} or dnf install ${wanted}; ${withoutIt}`,
  );
}

/** Why the kernel gives no namespaces, as far as it can be found out. */
export type Refusal = "apparmor" | "switched-off" | "none-left" | "no-networks" | "seccomp" | "unknown";

export function namespacesRefused(why: Refusal, words: string): ConnectError {
  const [reason, remedy] = {
    apparmor: [
      "AppArmor keeps programs from making user namespaces",
      "have an administrator set kernel.apparmor_restrict_unprivileged_userns to 0 (sysctl), or give unshare a profile that allows userns",
    ],
    "switched-off": [
      "user namespaces are switched off on this machine",
      "have an administrator set kernel.unprivileged_userns_clone to 1 (sysctl)",
    ],
    "none-left": [
      "this machine allows no user namespaces, or no more of them",
      "have an administrator raise user.max_user_namespaces (sysctl)",
    ],
    "no-networks": [
      "this machine allows no network or mount namespaces, or no more of them",
      "have an administrator raise user.max_net_namespaces and user.max_mnt_namespaces (sysctl)",
    ],
    seccomp: [
      "a seccomp filter keeps programs from making namespaces, as in most containers",
      "run it outside the container, or in one that allows it (podman; docker run --security-opt seccomp=unconfined --cap-add SYS_ADMIN)",
    ],
    unknown: [
      "this user may make no namespaces here, as in a chroot and in some containers",
      "run it outside of it, or as root where root has CAP_SYS_ADMIN",
    ],
  }[why] as [string, string];
  return fault(`--capture cannot begin: ${reason}${said(words)}`, `${remedy}; ${withoutIt}`);
}

export function setUpFailed(step: string, words: string): ConnectError {
  const remedy =
    step === "nft"
      ? "load the kernel's modules nf_tables, nft_chain_nat and nf_conntrack (modprobe)"
      : step === "host-port"
        ? "name no port below 1024 unless you are root, and not 53, at which names are answered"
        : "report it with the output of uname -a";
  return fault(`--capture cannot begin: ${step} failed${said(words)}`, `${remedy}; ${withoutIt}`);
}

/** The process that stands in the namespaces has ended before the command. */
export function captureLost(): ConnectError {
  return fault(
    "the process that hands on what the command opens has ended",
    "start the command again; what it opened since then was refused",
  );
}

export function cannotPublish(port: number, cause: unknown): ConnectError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return fault(
    `port ${port} of 127.0.0.1 cannot be listened on for --publish${code === "" ? "" : ` (${code})`}`,
    code === "EADDRINUSE" ? "end the program that has it, or publish another port" : "publish another port",
    cause,
  );
}

export function inACircle(port: number): ConnectError {
  return configInvalid(
    `port ${port} is to lead out of the command's network and into it, and would lead to itself`,
    "leave out --host-port or --publish for it, or have one of the two services listen on another port",
  );
}

/** A name that was asked for so long ago that its address stands for it no more. */
export function nameForgotten(address: string): ConnectError {
  return new ConnectError("DNS_NOT_FOUND", {
    hop: "local",
    message: `the command has connected to ${address}, whose name has been given up for newer ones`,
    remedy: "have the program ask for the name again: under --capture 32 768 names are kept, the latest used ones",
  });
}

export function namelessAddress(address: string): ConnectError {
  return new ConnectError("DNS_NOT_FOUND", {
    hop: "local",
    message: `the command has connected to ${address}, which stands for no name: under --capture addresses of 198.18.0.0/15 are those of names`,
    remedy: "connect to the server by its name, or by another address",
  });
}

/** What a program of the set-up has said, as far as it holds no more than words. */
const said = (words: string): string => (/^[\w .,:;'/()-]{1,160}$/.test(words) ? ` (${words})` : "");
