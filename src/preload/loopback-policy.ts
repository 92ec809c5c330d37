import { readEnvironment } from "../env/index.js";
import { resolvePolicy } from "../policy/index.js";
import { isLeftAlone } from "../route/index.js";
import type { HostPort, Settings } from "./types.js";

/**
 * What of loopback is left alone, before the engine is there: a file of its own, since whether a connection is ours must be known at once,
 * and few programs need to ask. The settings are read, and none of the files that they name.
 */
export function readLoopback({ variables, prefix, options }: Settings): (peer: HostPort) => boolean {
  // What an operating system's settings name says nothing of loopback, and asking it may start a program. Nor do Claude Code's, which are files.
  const { claudeSettings: _unread, ...snapshot } = readEnvironment({ variables, prefix, osProxy: () => undefined });
  const policy = resolvePolicy(snapshot, options);
  // A file that cannot be understood may name this machine.
  const isUnknown = snapshot.configFiles.length > 0 && policy.faults.length > 0;
  return ({ host, port }) => !isUnknown && isLeftAlone(policy, host, port);
}
