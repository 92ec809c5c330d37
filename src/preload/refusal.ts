import { withoutRights } from "./faults-warnings.js";

interface AgentPrototype {
  addRequest(request: { onSocket(socket: undefined, error: Error): void }): void;
}

/** What requests fail with where Node keeps this process from reading what the preload would load. */
export const refusal = (): Error => Object.assign(new Error(withoutRights), { code: "ERR_ACCESS_DENIED" });

/**
 * In place of the hooks, which cannot be loaded: Node 22 and later load the preload itself all the same, and a program under `--permission`
 * must neither end where it loads node:http nor go out by itself. HTTP fails with any agent, and TLS does, of which HTTP/2 is made.
 */
export function refuseAgents(prototype: object): void {
  Object.assign(prototype, {
    addRequest: (request) => request.onSocket(undefined, refusal()),
  } satisfies AgentPrototype);
}
