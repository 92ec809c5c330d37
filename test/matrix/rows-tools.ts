import { join } from "node:path";
import { phpStreams, staticGo } from "../real/support/captured-programs.js";
import { goClient } from "../real/support/compiled-clients.js";
import { versionOf, type Tool } from "../real/support/tool.js";
import { buildTools, deno, java, ruby } from "../real/support/tools-languages.js";
import { withoutVariables } from "../real/support/tools-without-variables.js";
import type { Programs, Row } from "./rows.js";

/** A proxy that few can use; and a login, inspection and a client certificate at once. The tests of tools have each of these by itself. */
const telling: readonly string[] = ["socks", "all"];

/**
 * Programs that read little of what is usual, or nothing: the same commands as with real servers.
 *
 * @param options `install` what npm has and this machine has not: Deno
 */
export function toolRows(options: { readonly install: boolean }): readonly Row[] {
  const tools = [...withoutVariables(), ...buildTools(), ...java(), ruby(), deno(options)];
  const row = (name: string, more: Partial<Row> = {}): Row => {
    const tool = tools.find((each) => each.name === name);
    if (tool === undefined) throw new TypeError(`there is no tool ${name}`);
    return { ...rowOf(tool), ...more };
  };
  return [
    row("lftp"),
    row("apt"),
    row("Ruby"),
    row("Deno fetch", { name: "Deno" }),
    row("Java HttpClient"),
    row("Maven", { telling: ["basic"], slow: true }),
    row("Gradle", { telling: ["certificate"], slow: true }),
    row("Chromium"),
    row("PHP's curl"),
    row("aria2", { readsNothing: true }),
    row("Subversion", { readsNothing: true }),
    ...withEmptiedEnvironment(),
  ];
}

function rowOf({ name, asks, found, command, variables }: Tool): Row {
  return {
    name,
    version: "version" in found ? { known: found.version } : { known: "unknown" },
    node: false,
    farEnd: asks === "echo" ? "lab" : "files",
    telling,
    commands: (urls, home) => urls.map((url, at) => command(url, join(home, `project-${at}`))),
    ...(variables === undefined ? {} : { variables: (url) => variables(url, "") }),
    ...("missing" in found ? { absent: found.missing } : {}),
  };
}

function withEmptiedEnvironment(): readonly Row[] {
  const go = goClient({ isStatic: true });
  const php = versionOf(["php", "--version"]);
  const row = (name: string, found: Tool["found"], script: (url: string) => string): Row => ({
    ...rowOf({ name, asks: "echo", found, command: (origin) => ["sh", "-c", `exec ${script(`${origin}/echo`)}`] }),
    readsNothing: true,
  });
  return [
    row("PHP streams", php, phpStreams),
    row("Go, static, no variables", go, (url) => staticGo("path" in go ? go.path : "go", url)),
  ];
}

export function sshRow({ sshd }: Programs): Row {
  return {
    name: "ssh",
    version: { command: ["ssh", "-V"] },
    node: false,
    farEnd: "ssh",
    // It knows keys of its own, and no certificates.
    without: ["certificate"],
    telling,
    readsNothing: true,
    ...(sshd === undefined ? { absent: "sshd is not installed" } : {}),
    commands: (urls) =>
      urls.map((url) => {
        const { hostname, port } = new URL(url);
        return ["ssh", ...(sshd?.options ?? []), "-p", port, `root@${hostname}`, "true"];
      }),
  };
}
