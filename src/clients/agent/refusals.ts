import type { ConnectError } from "../../base/errors.js";
import { loginInRequest, optionOfRequest, verificationOff } from "../faults-request.js";
import type { ConnectOptions, NodeRequest } from "./node-agent.js";
import { insteadOf } from "../faults-options.js";
import { ownOptions } from "./own-options.js";

/**
 * Why this agent cannot do what a request's own options ask for. Leaving them out of account would be worse: a request that was
 * meant to pin a certificate would go through unpinned, one that was meant to be verified by its own CA would fail oddly.
 */
export function refusal(request: NodeRequest, options: ConnectOptions, prefix: string): ConnectError | undefined {
  if (carriesLogin(request)) return loginInRequest();
  if (options["rejectUnauthorized"] === false) return verificationOff(insteadOf("ca", prefix));
  const [own] = ownOptions(options);
  if (own === undefined) return undefined;
  return optionOfRequest(own, insteadOf(own, prefix));
}

/** Headers that were given as a list are in the written head alone. */
export function carriesLogin(request: NodeRequest): boolean {
  return request.hasHeader("proxy-authorization") || /\r\nproxy-authorization:/i.test(request._header ?? "");
}
