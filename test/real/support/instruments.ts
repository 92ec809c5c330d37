import { join } from "node:path";
import { installLocked } from "../../../scripts/install-locked.mjs";

const folder = join(import.meta.dirname, "../instruments");

/** The folder of the programs; a sentence where their packages cannot be had. */
export function instrumentPrograms(): { readonly folder: string } | { readonly missing: string } {
  if (installLocked(folder, { flags: ["--ignore-scripts"], timeout: 300_000 }))
    return { folder: join(folder, "programs") };
  return { missing: "npm cannot install the instruments here" };
}
