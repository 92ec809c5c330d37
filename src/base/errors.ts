import { faultCodes, type FaultCode, type Severity, type Stage } from "./codes.js";
import { docsOf } from "./docs.js";

/** Whose side a fault is on: a proxy's, the requested server's, or this machine's own settings. */
export type Hop = "proxy" | "target" | "local";

/** What a fault is in machine output: stable, versioned by schema/fault.json. */
export interface Fault {
  readonly code: FaultCode;
  readonly stage: Stage;
  readonly hop: Hop;
  readonly message: string;
  readonly remedy: string;
  readonly docs: string;
}

/** What a ConnectError is made from. */
export interface ConnectErrorInit {
  /** One line: which thing (variable, file, host), and what is wrong with it. Holds no secret. */
  readonly message: string;
  /** One line: what the reader should do. Never "turn verification off". */
  readonly remedy: string;
  readonly hop: Hop;
  /** Defaults to the stage that the code is listed under; `tls` faults of a proxy say `proxy-tls`. */
  readonly stage?: Stage;
  /** Defaults to what the code is listed under. */
  readonly severity?: Severity;
  readonly cause?: unknown;
}

// A symbol, not `instanceof`: two copies of this package in one process must recognise each other's errors.
const brand = Symbol.for("sallyport.ConnectError");

/** The one error that sallyport throws for what stands between a program and its server. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly code: FaultCode;
  readonly stage: Stage;
  readonly hop: Hop;
  readonly severity: Severity;
  readonly remedy: string;

  constructor(code: FaultCode, init: ConnectErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.stage = init.stage ?? faultCodes[code].stage;
    this.hop = init.hop;
    this.severity = init.severity ?? faultCodes[code].severity;
    this.remedy = init.remedy;
    Object.defineProperty(this, brand, { value: true });
  }

  /** The URL under which this code is explained; the package holds the same page as docs/faults.md. */
  get docs(): string {
    return docsOf(this.code);
  }

  toJSON(): Fault {
    const { code, stage, hop, message, remedy, docs } = this;
    return { code, stage, hop, message, remedy, docs };
  }
}

/** What was found wrong in something that was read, in the order found: `faults` make it, or a part of it, unusable. */
export interface FaultsAndWarnings<F = ConnectError> {
  readonly faults: readonly F[];
  readonly warnings: readonly F[];
}

/** Whether a value is one, of whichever copy of this package. */
export function isConnectError(value: unknown): value is ConnectError {
  return typeof value === "object" && value !== null && brand in value;
}

/** The ConnectError in a chain of causes (fetch wraps it in a TypeError), if there is one. */
export function findConnectError(error: unknown): ConnectError | undefined {
  // Bounded, since nothing stops a cause from pointing back at itself.
  for (let depth = 0, current = error; depth < 8 && current instanceof Error; depth++, current = current.cause) {
    if (isConnectError(current)) return current;
  }
  return undefined;
}
