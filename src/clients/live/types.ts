import type { ConnectError } from "../../base/errors.js";

/** What a LiveContext tells of the settings. */
export type LiveEvent =
  /** Other settings are in force. */
  | { readonly kind: "reloaded" }
  /** The old ones stay in force. `asked`: by a `reload()`, which rejects with it. Told once for each change of the files. */
  | { readonly kind: "failed"; readonly fault: ConnectError; readonly asked: boolean };
