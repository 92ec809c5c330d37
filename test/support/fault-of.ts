import { findConnectError } from "../../src/base/errors.js";

/** The fault behind what a client throws; what it throws where there is none, and what it gives where it throws nothing. */
export const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => value,
    (error: unknown) => findConnectError(error) ?? error,
  );
