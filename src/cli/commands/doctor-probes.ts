import { probeNames, type DiagnoseOptions, type ProbeName } from "../../doctor/index.js";
import { unknownProbe } from "../faults.js";

/** Seconds: nobody waits for longer than that in front of a terminal. */
const longest = 3600;

/** @throws UsageError for what is no probe */
export function readProbes(list: string | undefined): Pick<DiagnoseOptions, "probes" | "idle"> {
  const words = (list ?? "")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  const probes = new Set<ProbeName>();
  let idle: number | undefined;
  for (const word of words) {
    const [name = "", seconds] = word.split("=", 2);
    const known = probeNames.find((one) => one === name);
    if (name === "all" && seconds === undefined) for (const one of probeNames) probes.add(one);
    else if (known === undefined || (seconds !== undefined && (known !== "idle" || !isSeconds(seconds))))
      throw unknownProbe(probeNames);
    else probes.add(known);
    if (seconds !== undefined) idle = Number(seconds) * 1000;
  }
  return { probes: probeNames.filter((name) => probes.has(name)), ...(idle !== undefined && { idle }) };
}

/** A whole number from 1 to 3600. */
export const isSeconds = (text: string): boolean =>
  /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= longest;
