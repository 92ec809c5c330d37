import type { ChildEnvironment, ChildPlan } from "../../run/index.js";
import type { ChildVariable } from "../../tools/types.js";
import type { Context } from "../context.js";
import type { RunFlags } from "../invocation.js";

/** What `run --print` shows: names and values, and no secret. Ports and the folder are of this moment: each run has its own. */
export async function printVariables(
  plan: ChildPlan,
  { changes, removed }: Pick<ChildEnvironment, "changes" | "removed">,
  { json }: RunFlags,
  { terminal }: Context,
): Promise<void> {
  if (json === true) {
    await terminal.json({
      ok: true,
      summary: plan.summary,
      preload: plan.preload,
      gateway: plan.gateway ? { reasons: plan.reasons, intercept: plan.intercept } : null,
      variables: changes.map(({ readBy, ...variable }) => ({ ...variable, value: shown(variable), readBy })),
      removed,
    });
    return;
  }
  const { out } = terminal;
  const lines = changes.map((variable) => `${variable.name}=${shown(variable)}  ${out.dim(`# ${variable.readBy}`)}`);
  const gone = removed.map((name) => `${name}  ${out.dim("# taken out")}`);
  await terminal.print(`${[...lines, ...gone].join("\n")}\n`);
}

/** A URL keeps all but its login, which is what one looks for in it. */
function shown({ value, secret }: Pick<ChildVariable, "value" | "secret">): string {
  if (!secret) return value;
  const url = /^([a-z0-9+.-]+:\/\/)[^/]*@([^@]*)$/i.exec(value);
  return url === null ? "[secret]" : `${url[1] ?? ""}***@${url[2] ?? ""}`;
}
