import { claude } from "./tools/claude.js";
import { devcontainer } from "./tools/devcontainer.js";
import { docker } from "./tools/docker.js";
import { gitconfig } from "./tools/gitconfig.js";
import { githubActions } from "./tools/github-actions.js";
import { gitlab } from "./tools/gitlab.js";
import { kubernetes } from "./tools/kubernetes.js";
import { lineTools } from "./tools/line-tools.js";
import { linesTarget } from "./tools/lines.js";
import { npmrc } from "./tools/npmrc.js";
import { pip } from "./tools/pip.js";
import { systemd } from "./tools/systemd.js";
import type { Target } from "./types.js";
import { vscode } from "./tools/vscode.js";

export { pathsHere, textOf } from "./assignments.js";
export { readShellState, withoutOurs } from "./shell-state.js";
export { gatewayVariable, exportSettings, type Exports } from "./export-settings.js";
export { secretValue, secretValues } from "./secrets.js";
export { renderShell, shells, undoShell, type ShellName } from "./shells/index.js";
export type { ExportedSettings, Rendering } from "./types.js";

const lineTargets = Object.fromEntries(
  Object.entries(lineTools).map(([format, tool]) => [format, linesTarget(format, tool)]),
) as Readonly<Record<keyof typeof lineTools, Target>>;

/** What `--for` takes. */
export const tools = {
  docker,
  "github-actions": githubActions,
  gitlab,
  claude,
  vscode,
  systemd,
  npmrc,
  gitconfig,
  pip,
  devcontainer,
  kubernetes,
  ...lineTargets,
} as const satisfies Readonly<Record<string, Target>>;

export type ToolName = keyof typeof tools;

/** Those whose texts are for containers: our files lie there under names of their own. */
export const isForContainers = (name: string): boolean =>
  name === "docker" || name === "devcontainer" || name === "kubernetes";
