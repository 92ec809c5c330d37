import type { ContextOptions } from "../clients/index.js";
import { readEnvironment, type Snapshot } from "../env/index.js";
import { explain } from "./explain.js";
import { openForDiagnosis } from "./open.js";
import type { Explanation } from "./types.js";

/**
 * What applies to one URL, and why, by the settings that `options` describe, as `createNetwork` takes them. Nothing is connected to (a
 * PAC file may be fetched to choose the route). Settings that are unusable are among the `warnings`.
 *
 * @throws {ConnectError} CONFIG_INVALID for what is not a URL of http or https; the fault of the route where none can be chosen
 */
export async function explainUrl(url: string, options: ContextOptions = {}): Promise<Explanation> {
  const { source, prefix } = options;
  if (source?.policy !== undefined) return explain(await openForDiagnosis(options), url, {});
  // Read once, so that what other tools would do is told of the same moment.
  const environment: Snapshot =
    source?.environment ??
    readEnvironment({
      ...(source?.variables && { variables: source.variables }),
      ...(prefix !== undefined && { prefix }),
    });
  const network = await openForDiagnosis({ ...options, source: { environment } });
  return explain(network, url, environment.variables);
}
