import { spawnSync } from "node:child_process";

export interface Tool {
  readonly name: string;
  /** What `sallyport env --for` calls its settings file, and the variable that names that file: without one, it is put where the text says. */
  readonly settings?: {
    readonly format: string;
    readonly variable?: string;
    /** A script for the shell that puts the text, which lies in `$HOME/settings`, to where its first lines say a person is to put it by hand. */
    readonly put?: string;
    /** Its format takes a login as it is, and from nowhere else: `--secrets`. */
    readonly holdsLogin?: boolean;
  };
  /** What is asked: one answer of the lab's origin, or the files of a registry. */
  readonly asks: "echo" | "files";
  /** Its version, or why it is not here. */
  readonly found: { readonly version: string } | { readonly missing: string };
  /** @param home a folder of its own, which is its home as well */
  command(origin: string, home: string): readonly string[];
  readonly variables?: (origin: string, home: string) => Record<string, string>;
  /** Node's own clients take no proxy from variables: they need the preload. */
  readonly needsPreload?: boolean;
  /** A defect of its own: it sends the proxy's login to the server as well, inside the tunnel. */
  readonly leaksLogin?: boolean;
  /** The ways that are tried. Default: all. */
  readonly ways?: readonly ("open" | "run" | "env" | "socks" | "certificate")[];
  /** It takes no login for a proxy from anywhere but its own program. */
  readonly withoutLogin?: boolean;
}

/** With no variable of this machine's settings. */
export const plain = { PATH: process.env["PATH"] ?? "" };

export function versionOf(command: readonly string[], pattern = /\d+\.\d+[\w.-]*/): Tool["found"] {
  const [program = "", ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...plain, HOME: "/nonexistent" },
  });
  const version = pattern.exec(`${stdout ?? ""}${stderr ?? ""}`)?.[0];
  return status === 0 && version !== undefined ? { version } : { missing: `${program} is not installed` };
}
