import type { Context } from "../context.js";
import { trustUsage } from "../faults-cert.js";
import type { TrustFlags } from "../invocation.js";

/** `sallyport trust …`: the authorities that this user trusts beside the machine's own. */
export async function trustCommand(words: readonly string[], flags: TrustFlags, context: Context): Promise<number> {
  const [action, first, ...more] = words;
  if (more.length > 0) throw trustUsage();
  if (action === "add" && first !== undefined)
    return (await import("./trust-add.js")).trustAddCommand(first, flags, context);
  const { trustListCommand, trustRemoveCommand } = await import("./trust-list.js");
  if (action === "list" && first === undefined) return trustListCommand(flags, context);
  if (action === "remove" && first !== undefined) return trustRemoveCommand(first, flags, context);
  if (action === "export" && first === undefined)
    return (await import("./trust-export.js")).trustExportCommand(flags, context);
  throw trustUsage();
}
