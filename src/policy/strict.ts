import { ConnectError } from "../base/errors.js";

/** Under `strict` a warning is an error: the same fault, told more loudly. */
export function raiseSeverity(fault: ConnectError): ConnectError {
  if (fault.severity === "error") return fault;
  const { code, message, remedy, hop, stage, cause } = fault;
  return new ConnectError(code, { message, remedy, hop, stage, cause, severity: "error" });
}
