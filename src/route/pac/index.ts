import type { Policy } from "../../policy/types.js";
import type { RouterOptions } from "../router-options.js";
import { PacDecider } from "./decider.js";
import { Aside } from "./aside.js";
import { PacRoutes } from "./routes.js";
import { PacSource } from "./source.js";

export type { PacRoutes } from "./routes.js";

export function openPac(url: string, policy: Policy, { files, ...reading }: RouterOptions): PacRoutes {
  const source = files.get(url) ?? new PacSource(url);
  files.set(url, source);
  const { system, probe } = reading;
  return new PacRoutes(policy, new PacDecider(source, reading), new Aside(system, probe), probe);
}
