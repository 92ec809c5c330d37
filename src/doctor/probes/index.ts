import { findConnectError } from "../../base/errors.js";
import { asWarning } from "../../policy/index.js";
import { closedOn, onlyFor } from "./faults.js";
import { http2 } from "./http2.js";
import { idle } from "./idle.js";
import { largeHello } from "./large-hello.js";
import { stream } from "./stream.js";
import type { Probe, Probed, ProbeName, Probing } from "./types.js";
import { websocket } from "./websocket.js";

const probes: Readonly<Record<ProbeName, Probe>> = { stream, websocket, http2, "large-hello": largeHello, idle };

/** Carries out what is asked for, side by side; what was found is in the order of the names. */
export function runProbes(names: readonly ProbeName[], probing: Probing): Promise<readonly Probed[]> {
  return Promise.all(names.map((name) => runOne(name, probing)));
}

async function runOne(name: ProbeName, probing: Probing): Promise<Probed> {
  const start = probing.monotonic();
  const ms = (): number => Math.round((probing.monotonic() - start) * 10) / 10;
  try {
    const { stage, detail, warning } = await probes[name](probing);
    return { stage: { stage, hop: "target", ok: warning === undefined, ms: ms(), detail }, warning };
  } catch (error) {
    probing.signal?.throwIfAborted();
    const fault = findConnectError(error) ?? closedOn(probing.url, name, error);
    const { stage, hop, message } = fault;
    const warning = asWarning(fault, onlyFor(name));
    return { stage: { stage, hop, ok: false, ms: ms(), detail: `${name}: ${message}` }, warning };
  }
}
