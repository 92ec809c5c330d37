import type { Policy } from "../../policy/types.js";
import type { RouterOptions } from "../router.js";
import { PacDecider } from "./decider.js";
import { Aside, PacRoutes } from "./routes.js";
import { PacSource } from "./source.js";

export type { PacRoutes } from "./routes.js";

/** PAC files by their URLs. */
export type PacFiles = Map<string, PacSource>;

export function openPac(url: string, policy: Policy, { files, ...reading }: RouterOptions): PacRoutes {
  const source = files.get(url) ?? new PacSource(url);
  files.set(url, source);
  return new PacRoutes(policy, new PacDecider(source, reading), new Aside(reading.system));
}
