import { ConnectError, type Fault } from "../base/errors.js";
import { authFault, orIntermediate } from "../dial/index.js";
import type { IdentitySpec } from "../policy/types.js";
import type { Answer } from "./answer.js";
import { cutFault, tlsWanted } from "./faults-end.js";
import { pageFault } from "./faults-page.js";
import { inspected } from "./faults-inspected.js";
import { required } from "./faults-missing.js";
import { statusFault } from "./faults-status.js";
import type { Observation } from "./observation.js";

/** What servers write into an answer about the client's certificate: nginx, Apache, IIS, HAProxy, Envoy, AWS and Azure front ends. */
const noneCame =
  /no required ssl certificate was sent|client certificate (is )?(required|missing|not (provided|presented))|403\.7\b|no client certificate/i;
const notAccepted =
  /the ssl certificate error|client certificate (is )?(invalid|untrusted|expired|revoked|not trusted|rejected)|403\.1[367]\b/i;
/** nginx's own numbers for a bad (495) and a missing (496) client certificate, where a server lets them out. */
const certificateBad = 495;
const certificateMissing = 496;

/** What becomes of a proxy that cannot be reached, where a PAC file names another one. */
export function nextWay(): string {
  return "what the PAC file names next is used instead";
}

/** A fault that other hosts have as well. */
export function alsoOf(fault: Fault, hosts: readonly string[]): Fault {
  return hosts.length === 0 ? fault : { ...fault, message: `${fault.message}; likewise ${hosts.join(", ")}` };
}

/** What an HTTP answer says about the road, or undefined where it is simply an answer. */
export function answerFault(answer: Answer, observation: Observation): ConnectError | undefined {
  const byProxy = forwardFault(answer, observation);
  if (byProxy !== undefined) return byProxy;
  const explains = answer.status === 400 || answer.status === 401 || answer.status === 403;
  if (answer.status === certificateMissing || (explains && noneCame.test(answer.text)))
    return missing(answer, observation);
  if (answer.status === certificateBad || (explains && notAccepted.test(answer.text)))
    return refused(answer, observation);
  return tlsWanted(answer, observation) ?? pageFault(answer, observation);
}

/** The same with what the status alone says, and with how the answer ended. */
export function judge(answer: Answer, observation: Observation): ConnectError | undefined {
  const found = answerFault(answer, observation) ?? statusFault(answer, observation);
  return found === undefined || found.severity === "warning" ? (cutFault(answer, observation) ?? found) : found;
}

/** A 403 that says itself that the server could not ask for the certificate, where no other way of asking did better. */
export function askedTooLate(observation: Observation): ConnectError {
  const { identity } = observation.connection;
  const none = identity === undefined ? ", and none is configured for it" : "";
  return new ConnectError("CLIENT_CERT_REQUIRED", {
    hop: "target",
    message: `${observation.target} asks for the client certificate only after the request, which TLS 1.3 does not allow here (it has no post-handshake authentication in Node)${none}`,
    remedy:
      "have the server speak TLS 1.2 as well, or ask for the certificate in the handshake (in Apache, SSLVerifyClient outside of <Location> and <Directory>)",
  });
}

/** An http:// target behind a proxy: the proxy's own refusals come as answers. */
function forwardFault(
  { status, headers, refusal }: Answer,
  { connection, proxy }: Observation,
): ConnectError | undefined {
  if (proxy === undefined) return undefined;
  if (status === 407) {
    const offered = headers["proxy-authenticate"];
    if (refusal !== undefined) return refusal;
    return authFault(
      Array.isArray(offered) ? offered.join(", ") : String(offered ?? ""),
      proxy,
      connection.forward?.hasLogin === true,
    );
  }
  return undefined;
}

function missing(answer: Answer, observation: Observation): ConnectError {
  const { identity } = observation.connection;
  const said = `${observation.target} says that no client certificate came (HTTP ${answer.status})`;
  if (identity === undefined) return required(observation, said);
  if (observation.issuer.inspector || observation.issuer.extra) return inspected(observation, `HTTP ${answer.status}`);
  return new ConnectError("CLIENT_CERT_REQUIRED", {
    hop: "target",
    message: `${said}, though ${identity.subject} is configured for it`,
    remedy:
      "the server may ask for it on other paths or ports only, or something on the path terminates the TLS: ask its administrators",
  });
}

function refused(answer: Answer, observation: Observation): ConnectError {
  const { identity } = observation.connection;
  const which =
    identity === undefined
      ? ""
      : ` ${identity.subject} (issued by ${identity.issuer}, valid until ${identity.notAfter.slice(0, 10)})`;
  return new ConnectError("CLIENT_CERT_REJECTED", {
    hop: "target",
    message: `${observation.target} refused the client certificate${which} (HTTP ${answer.status})`,
    remedy: `use a certificate of the authority that this server accepts, or ask its administrators why it refuses this one${identity === undefined ? "" : orIntermediate(identity)}`,
  });
}

/** A server asks for the certificate that is configured for it: what is missing is not the setting. */
export function withBrokenIdentity(
  fault: ConnectError,
  broken: IdentitySpec | undefined,
  target: string,
): ConnectError {
  if (broken === undefined || fault.code !== "CLIENT_CERT_REQUIRED") return fault;
  return new ConnectError("CLIENT_CERT_REQUIRED", {
    hop: fault.hop,
    stage: fault.stage,
    message: `${target} requires a client certificate, and the one configured for it (${broken.name}) cannot be used`,
    remedy: "fix that certificate's setting: its fault is listed with the others",
    cause: fault,
  });
}
