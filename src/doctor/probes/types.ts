import type { ConnectError } from "../../base/errors.js";
import type { Connection, DialOptions } from "../../dial/types.js";
import type { StageReport } from "../types.js";

/** What is looked at on request, beyond one answer. */
export const probeNames = ["stream", "websocket", "http2", "large-hello", "idle"] as const;
/** One of the looks that `diagnose` takes on request: see `sallyport doctor --help`. */
export type ProbeName = (typeof probeNames)[number];

/** One look, on connections of its own. */
export interface Probing {
  readonly url: URL;
  /** Opens a connection to the URL's host by the way that was taken. @throws ConnectError */
  readonly open: (options?: DialOptions) => Promise<Connection>;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
  /** Milliseconds that an answer is waited for, and that a stream is watched. */
  readonly patience: number;
  /** Milliseconds that a tunnel is left alone. */
  readonly idle: number;
  readonly signal: AbortSignal | undefined;
}

/** What a probe found: a line for the ladder, and what is to be said of it where it does not hold. */
export interface Found {
  readonly stage: StageReport["stage"];
  readonly detail: string;
  readonly warning?: ConnectError | undefined;
}

/** As it goes onto the ladder. */
export interface Probed {
  readonly stage: StageReport;
  readonly warning: ConnectError | undefined;
}

export type Probe = (probing: Probing) => Promise<Found>;
