import type { Context } from "../context.js";
import { certUsage } from "../faults-cert.js";
import type { CertFlags } from "../invocation.js";

/** `sallyport cert …`: what certificates say, whether they are due, and in which form they lie. */
export async function certCommand(words: readonly string[], flags: CertFlags, context: Context): Promise<number> {
  const [action, first, ...more] = words;
  if (first === undefined) throw certUsage();
  if (action === "inspect" && more.length === 0)
    return (await import("./cert-inspect.js")).certInspectCommand(first, flags, context);
  if (action === "check") return (await import("./cert-check.js")).certCheckCommand([first, ...more], flags, context);
  if (action === "convert" && more.length === 0)
    return (await import("./cert-convert.js")).certConvertCommand(first, flags, context);
  throw certUsage();
}
