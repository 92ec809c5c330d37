import type { ConnectError } from "../base/errors.js";
import type { Connection, DialContext } from "../dial/types.js";
import { answerFault } from "./faults.js";
import { noAnswerFault } from "./faults-end.js";
import { ask, NoAnswer } from "./answer.js";
import { observe } from "./observation.js";

export interface QuickAnswerOptions {
  /** Milliseconds to wait for the head of an answer. */
  readonly patience: number;
  readonly signal?: AbortSignal;
}

/**
 * One GET over a fresh connection, to hear what a server or proxy says of it beyond the handshake: a refused client certificate
 * above all. The socket is destroyed afterwards. Silence is no fault here: a server may take its time, and a refusal does not.
 */
export async function quickAnswer(
  context: Pick<DialContext, "policy" | "trust">,
  connection: Connection,
  url: URL,
  { patience, signal }: QuickAnswerOptions,
): Promise<ConnectError | undefined> {
  const observation = observe(connection, url, context);
  try {
    const answer = await ask(connection, url, { firstByte: patience, signal });
    return answer.again ? undefined : answerFault(answer, observation);
  } catch (error) {
    signal?.throwIfAborted();
    return error instanceof NoAnswer ? observation.explain() : noAnswerFault(error, observation);
  }
}
