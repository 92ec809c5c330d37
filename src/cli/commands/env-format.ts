import { nearest } from "../../base/nearest.js";
import type { Snapshot } from "../../env/index.js";
import { shells, tools, type ShellName, type ToolName } from "../../export/index.js";
import type { EnvFlags } from "../invocation.js";
import { shellAndFor, unknownShell, unknownValue } from "../faults.js";

/** Whom the settings are written for. */
export type Format =
  | { readonly kind: "shell"; readonly name: ShellName }
  | { readonly kind: "tool"; readonly name: ToolName };

export function chooseFormat(flags: Pick<EnvFlags, "shell" | "for">, surroundings: Snapshot): Format {
  if (flags.shell !== undefined && flags.for !== undefined) {
    throw shellAndFor();
  }
  if (flags.for !== undefined) return { kind: "tool", name: known(flags.for, tools, "--for") };
  return { kind: "shell", name: flags.shell === undefined ? guess(surroundings) : shellNamed(flags.shell) };
}

function shellNamed(text: string): ShellName {
  return aliases[text] ?? known(text, shells, "--shell");
}

/** Shells that take what another one takes. */
const aliases: Readonly<Partial<Record<string, ShellName>>> = {
  sh: "bash",
  dash: "bash",
  ash: "bash",
  ksh: "bash",
  mksh: "bash",
  pwsh: "powershell",
};

function known<Name extends string>(text: string, table: Readonly<Record<Name, unknown>>, flag: string): Name {
  const names = Object.keys(table) as Name[];
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  const meant = nearest(text, names);
  throw unknownValue(flag, meant, names);
}

/** The shell that a person is in. On Windows, cmd alone tells its children its prompt. */
function guess({ platform, variables }: Snapshot): ShellName {
  if (platform === "win32") {
    return Object.keys(variables).some((name) => name.toUpperCase() === "PROMPT") ? "cmd" : "powershell";
  }
  const name = /[^/]*$/.exec(variables["SHELL"] ?? "")?.[0] ?? "";
  const shell = aliases[name] ?? (Object.keys(shells) as ShellName[]).find((each) => each === name);
  if (shell !== undefined) return shell;
  if (name === "") return "bash";
  throw unknownShell(Object.keys(shells));
}
