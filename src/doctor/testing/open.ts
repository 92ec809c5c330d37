import type { Lab } from "../../lab/types.js";
import type { PolicyOptions } from "../../policy/index.js";
import type { Diagnosable } from "../types.js";
import { openForDiagnosis } from "../open.js";

/** A network from variables alone, whose names the lab resolves. */
export function open(
  lab: Lab,
  variables: Readonly<Record<string, string>>,
  options: PolicyOptions = {},
): Promise<Diagnosable> {
  return openForDiagnosis({
    stores: ["bundled"],
    source: { variables: { HOME: lab.directory, ...variables } },
    lookup: lab.lookup,
    ...options,
  });
}
