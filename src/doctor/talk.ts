import type { ConnectError } from "../base/errors.js";
import { quotePeer } from "../dial/index.js";
import type { Connection } from "../dial/types.js";
import { createSystem } from "../env/index.js";
import type { IdentitySpec } from "../policy/types.js";
import { ask } from "./answer.js";
import { shortServerKey } from "./faults-warned.js";
import { clockFault } from "./clock.js";
import { judge, withBrokenIdentity } from "./faults.js";
import { noAnswerFault } from "./faults-end.js";
import { instead } from "./instead.js";
import { lookAgain } from "./look-again.js";
import { observe, type Observation } from "./observation.js";
import { timed } from "./timed.js";
import { toTarget } from "./parse-target.js";
import type { Diagnosable, StageReport } from "./types.js";

/** Milliseconds to wait for an answer: a model may think for minutes before its first byte, a plain GET may not. */
const patience = 15_000;

export interface Talked {
  readonly fault: ConnectError | undefined;
  /** Where the way holds all the same. */
  readonly warnings: readonly ConnectError[];
  /** Who opens the TLS on the way, as far as that shows. */
  readonly inspector: string | null;
}

interface Talking {
  readonly signal?: AbortSignal;
  readonly add: (stage: StageReport) => void;
  /** The identity meant for this host, where it could not be loaded. */
  readonly broken: IdentitySpec | undefined;
  /** Somebody wants to know of this very URL: a refusal counts. */
  readonly named: boolean;
}

/** The request, and what the answer says of the client certificate. */
export async function talk(
  network: Diagnosable,
  connection: Connection,
  url: URL,
  { add, broken, named, signal }: Talking,
): Promise<Talked> {
  const first = observe(connection, url, network);
  const asking = { firstByte: Math.min(network.policy.timeouts.firstByte, patience), signal };
  const asked = await timed(network, async () => {
    const said = await ask(connection, url, asking);
    const answer = said.again
      ? await ask(await network.dial(toTarget(url), { ...(signal && { signal }) }), url, asking)
      : said;
    const again = await lookAgain(network, { url, target: toTarget(url), answer, observation: first, ...asking });
    return again ?? { answer, observation: first, found: judge(answer, first) };
  });
  const observation = asked.ok ? asked.value.observation : first;
  const found = asked.ok
    ? asked.value.found
    : ((await instead(network, first, signal)) ?? noAnswerFault(asked.error, first));
  const answer = asked.ok ? asked.value.answer : undefined;
  const told = found && withBrokenIdentity(found, broken, observation.target);
  const fault = told?.severity === "warning" ? undefined : told;
  const about = fault === undefined ? certificateDetail(observation, broken) : undefined;
  if (about !== undefined) add({ stage: "client-cert", hop: "target", ok: true, ms: 0, detail: about });
  if (fault !== undefined) {
    add({ stage: fault.stage, hop: fault.hop, ok: false, ms: asked.ms, detail: fault.message });
  } else if (answer !== undefined) {
    const { httpVersion, status, statusText } = answer;
    add({
      stage: "http",
      hop: connection.forward === undefined ? "target" : "proxy",
      ok: true,
      ms: asked.ms,
      detail: quotePeer(`HTTP/${httpVersion} ${status} ${statusText}`),
    });
  }
  const clock = answer && clockFault(answer, observation, (network.system ?? createSystem()).now());
  const warning = fault === undefined && (named || !isOwnRefusal(told, observation)) ? told : undefined;
  const bits = observation.issuer.shortKey;
  const weak = bits === undefined ? undefined : shortServerKey(observation, bits);
  const { issuer } = observation;
  return {
    fault,
    warnings: [warning, clock, weak].filter((one) => one !== undefined),
    inspector: issuer.inspector ? issuer.name : null,
  };
}

/** A server says no to a bare GET of its front page, which is not what a program asks it for. */
function isOwnRefusal(told: ConnectError | undefined, { isTls, issuer }: Observation): boolean {
  return told?.code === "HTTP_STATUS" && isTls && !issuer.extra && !issuer.inspector;
}

function certificateDetail(
  { connection, asked, askedLate, issuer }: Observation,
  broken: IdentitySpec | undefined,
): string | undefined {
  const subject = connection.identity?.subject;
  if (broken !== undefined) return `none is shown: the one configured for this host (${broken.name}) cannot be used`;
  if (subject === undefined)
    return asked === true ? "asked for, none is configured; the server goes on without" : undefined;
  if (askedLate)
    return `${subject} was shown and accepted over TLS 1.2: the server asks for the certificate after the request, which TLS 1.3 and HTTP/2 do not allow here`;
  if (asked === true) return `${subject} was shown and accepted`;
  if (asked === undefined) return `${subject} is configured`;
  return issuer.inspector
    ? `${subject} is configured, but "${issuer.name}" inspects the TLS and does not ask for it`
    : `${subject} is configured; the server did not ask for it`;
}
