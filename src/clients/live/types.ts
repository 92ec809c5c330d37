import type { ConnectError } from "../../base/errors.js";

/** What a LiveContext tells of the settings. */
export type LiveEvent =
  /** Others are in force: they were loaded again, or the machine is in another network, where nothing counts that was found out before. */
  | { readonly kind: "reloaded"; readonly by: "settings" | "network" }
  /** The old ones stay in force. `asked`: by a `reload()`, which rejects with it. Told once for each change of the files. */
  | { readonly kind: "failed"; readonly fault: ConnectError; readonly asked: boolean };
