import type { Severity } from "../base/codes.js";
import { ConnectError } from "../base/errors.js";
import { authority, quotePeer } from "../dial/index.js";
import type { Answer } from "./answer.js";
import { required } from "./faults-missing.js";
import type { Observation } from "./observation.js";

/** What a server that is well does not answer; 501 and 505 are about the request. */
const broken: ReadonlySet<number> = new Set([
  500, 502, 503, 504, 507, 508, 520, 521, 522, 523, 524, 525, 526, 527, 530,
]);
const refuses: ReadonlySet<number> = new Set([403, 451]);

/**
 * What the status alone says, where nothing else is known of an answer: a way that leads to an error is no healthy one. For the doctor
 * alone: a program decides for itself what an answer is worth to it.
 */
export function statusFault(answer: Answer, observation: Observation): ConnectError | undefined {
  const { status } = answer;
  const { connection, asked, issuer, target } = observation;
  const said = quotePeer(`${status} ${answer.statusText}`.trim(), 60);
  if (status === 403 && asked === true && connection.identity === undefined && !issuer.inspector)
    return required(observation, `${target} asked for a client certificate, got none, and answered ${said}`);
  if (status === 407) return loginBehind(observation);
  if (broken.has(status))
    return httpStatus(`${target} is reached, and answers ${said}${whose(observation)}`, observation);
  if (!refuses.has(status)) return undefined;
  const shown = asked === true && connection.identity !== undefined;
  const after = shown ? `, though ${connection.identity?.subject ?? ""} was shown to it` : "";
  return httpStatus(
    `${target} is reached, and refuses this request: ${said}${after}${whose(observation)}`,
    observation,
    "warning",
  );
}

function whose({ isTls, issuer, proxy }: Observation): string {
  if (issuer.inspector) return `; the answer may be that of "${issuer.name}", which inspects the TLS on the way`;
  if (proxy !== undefined) return `; the answer may be that of the proxy ${authority(proxy)}`;
  if (!isTls) return "; whoever is on the way may have answered, since it is not encrypted";
  return "; the answer is the server's own, or of what stands before it on its side";
}

/** A refusal is a warning: it may be meant for what was asked, and the way itself holds. */
function httpStatus(message: string, { isTls, issuer }: Observation, severity: Severity = "error"): ConnectError {
  const own = isTls && !issuer.inspector;
  return new ConnectError("HTTP_STATUS", {
    hop: "target",
    severity,
    message,
    remedy: own
      ? "ask the server's administrators: the network in between does what it should"
      : "ask the server's administrators; if they never saw the request, ask those of the proxy or inspector",
  });
}

function loginBehind({ target }: Observation): ConnectError {
  return new ConnectError("PROXY_AUTH_REQUIRED", {
    hop: "target",
    stage: "http",
    message: `${target}, or a proxy behind the configured one, asks for a proxy login (407)`,
    remedy: "check the URL; if it is right, ask the network's administrators which device on the path wants a login",
  });
}
