import { configurationFaults, explain, openForDiagnosis, renderExplanation } from "../../doctor/index.js";
import { exitCode } from "../terminal/io.js";
import type { Context } from "../context.js";
import { definedVariables, networkOptions, proxyLogins, withClaude } from "./network.js";
import type { GlobalFlags } from "../invocation.js";

/** `sallyport explain`: what applies to a URL, without connecting to it. */
export async function explainCommand(url: string, flags: GlobalFlags, context: Context): Promise<number> {
  const { terminal } = context;
  const network = await openForDiagnosis(withClaude(networkOptions(flags, context), "under"));
  const explanation = await explain(network, url, definedVariables(context.variables), proxyLogins(context));
  const faults = configurationFaults(network);
  const { settings } = network.policy;
  if (flags.json === true) await terminal.json(explanation);
  else await terminal.print(renderExplanation(explanation, { settings, faults }, terminal.out));
  return faults.length === 0 ? exitCode.fine : exitCode.usage;
}
