import type { EventLog } from "./log.js";
import type { Names } from "./names.js";
import type { LabAuthorities } from "./types.js";

/** What the parts of one lab share. */
export interface World {
  readonly log: EventLog;
  readonly names: Names;
  readonly authorities: LabAuthorities;
}
