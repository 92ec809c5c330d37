import type { RouterOptions } from "../router.js";
import { PacDecider } from "./decider.js";
import { PacSource } from "./source.js";

export type { PacWay } from "./answer.js";
export type { PacDecision, PacDecider } from "./decider.js";

/** PAC files by their URLs. */
export type PacFiles = Map<string, PacSource>;

export function openPac(url: string, { files, ...reading }: RouterOptions): PacDecider {
  const source = files.get(url) ?? new PacSource(url);
  files.set(url, source);
  return new PacDecider(source, reading);
}
