import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram } from "./programs.js";
import { pythonClients } from "./python-clients.js";
import { plain, versionOf, type Tool } from "./tool.js";
import { cargoManifest, requestsSource, urllibSource } from "./tool-sources.js";
import { buildTools, go, java, javascript, ruby } from "./tools-languages.js";
import { withoutVariables } from "./tools-without-variables.js";

export function findTools(): readonly Tool[] {
  return [
    ...fetchers(),
    ...withoutVariables(),
    ...packageManagers(),
    ...buildTools(),
    ...javascript(),
    go(),
    ruby(),
    ...java(),
  ];
}

function fetchers(): Tool[] {
  const echo = (name: string, args: readonly string[]): Tool => ({
    name,
    asks: "echo",
    found: versionOf([name, "--version"]),
    command: (origin) => [name, ...args, `${origin}/echo`],
  });
  return [
    echo("curl", ["--silent", "--show-error", "--fail"]),
    echo("wget", ["--no-verbose", "--tries=1", "--output-document=-"]),
    {
      name: "git",
      asks: "files",
      found: versionOf(["git", "--version"]),
      settings: { format: "gitconfig", variable: "GIT_CONFIG_GLOBAL" },
      command: (origin, home) => ["git", "clone", "--quiet", `${origin}/thing.git`, join(home, "clone")],
    },
    {
      name: "Python urllib",
      asks: "echo",
      found: versionOf(["/usr/bin/python3", "--version"]),
      command: (origin) => ["/usr/bin/python3", "-c", urllibSource, `${origin}/echo`],
    },
    {
      name: "Python requests",
      asks: "echo",
      found: versionOf(["/usr/bin/python3", "-c", "import requests; print(requests.__version__)"]),
      command: (origin) => ["/usr/bin/python3", "-c", requestsSource, `${origin}/echo`],
    },
    ...pythonClients().map(({ name, found, command }): Tool => ({
      name,
      asks: "echo",
      found,
      command: (origin) => command([`${origin}/echo`]),
    })),
  ];
}

function packageManagers(): Tool[] {
  const cargo = cargoProgram();
  return [
    {
      name: "pip",
      asks: "files",
      found: versionOf(["/usr/bin/python3", "-m", "pip", "--version"]),
      settings: { format: "pip", variable: "PIP_CONFIG_FILE" },
      command: (origin, home) => {
        const options = ["--no-deps", "--no-cache-dir", "--retries=0", "--disable-pip-version-check"];
        const places = ["--index-url", `${origin}/simple`, "--dest", join(home, "wheels")];
        return ["/usr/bin/python3", "-m", "pip", "download", "thing", ...options, ...places];
      },
    },
    {
      name: "npm",
      asks: "files",
      found: versionOf(["npm", "--version"]),
      settings: { format: "npmrc", variable: "npm_config_userconfig" },
      command: (origin, home) => {
        const places = ["--registry", `${origin}/`, "--prefix", join(home, "project"), "--cache", join(home, "npm")];
        return ["npm", "install", "thing", ...places, "--no-audit", "--fetch-retries=0"];
      },
    },
    {
      name: "cargo",
      asks: "files",
      found: cargo === undefined ? { missing: "cargo is not installed" } : versionOf([cargo, "--version"]),
      command: (_, home) => {
        const project = join(home, "asker");
        mkdirSync(join(project, "src"), { recursive: true });
        writeFileSync(join(project, "Cargo.toml"), cargoManifest);
        writeFileSync(join(project, "src", "lib.rs"), "");
        return [cargo ?? "cargo", "fetch", "--manifest-path", join(project, "Cargo.toml")];
      },
      variables: (origin, home) => ({
        CARGO_HOME: join(home, "cargo"),
        CARGO_NET_RETRY: "0",
        CARGO_REGISTRIES_LAB_INDEX: `sparse+${origin}/index/`,
        // Cargo asks its compiler for the version.
        PATH: `${dirname(cargo ?? "")}:${plain.PATH}`,
      }),
    },
  ];
}

/** The program itself: rustup's stand-in for it looks into a home that the tests do not have. */
function cargoProgram(): string | undefined {
  if (findProgram("rustup") === undefined) return findProgram("cargo");
  const { status, stdout } = spawnSync("rustup", ["which", "cargo"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
