import type { System } from "../base/system.js";
import { createSystem } from "../env/index.js";
import type { Diagnosable } from "./types.js";

/** The whole machine that a network was made on: one that was given for its clock alone is none to read files of. */
export function machineOf({ system }: Pick<Diagnosable, "system">): System {
  return system !== undefined && "readFile" in system ? system : createSystem();
}
