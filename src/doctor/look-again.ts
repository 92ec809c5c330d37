import type { ConnectError } from "../base/errors.js";
import { cannotAskStatus, saysSo } from "../dial/index.js";
import type { Connection, Target } from "../dial/types.js";
import { askedTooLate, judge } from "./faults.js";
import { noAnswerFault } from "./faults-end.js";
import { ask, type Answer, type AskOptions } from "./answer.js";
import { observe, type Observation } from "./observation.js";
import type { Diagnosable } from "./types.js";

interface Looked extends AskOptions {
  readonly url: URL;
  readonly target: Target;
  readonly answer: Answer;
  readonly observation: Observation;
}

export interface SecondLook {
  readonly observation: Observation;
  /** Undefined where none came. */
  readonly answer: Answer | undefined;
  readonly found: ConnectError | undefined;
}

/**
 * Asks once more over TLS 1.2 where the first answer may be that of a server which wants the client certificate and cannot ask for
 * it (see dial/late-certificate.ts): as programs do, and also where no certificate is configured. Undefined where the first answer
 * stands.
 */
export async function lookAgain(network: Diagnosable, first: Looked): Promise<SecondLook | undefined> {
  const { url, target, answer, signal } = first;
  if (answer.status !== cannotAskStatus || !first.observation.cannotAsk) return undefined;
  const connection = await dialOlder(network, target, signal);
  if (connection !== undefined) {
    const observation = observe(connection, url, network);
    try {
      const second = await ask(connection, url, first);
      if (observation.askedLate) return { observation, answer: second, found: judge(second, observation) };
    } catch (error) {
      signal?.throwIfAborted();
      const found = noAnswerFault(error, observation);
      if (found.stage === "client-cert") return { observation, answer: undefined, found };
    }
  }
  return saysSo(answer.text)
    ? { observation: first.observation, answer, found: askedTooLate(first.observation) }
    : undefined;
}

async function dialOlder(
  network: Diagnosable,
  target: Target,
  signal: AbortSignal | undefined,
): Promise<Connection | undefined> {
  try {
    return await network.dial(target, { maxVersion: "TLSv1.2", ...(signal && { signal }) });
  } catch {
    signal?.throwIfAborted();
    // What stands in its way says nothing of the answer that there is.
    return undefined;
  }
}
