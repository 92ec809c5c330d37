import type { BridgeHeader } from "../../mcp/types.js";
import type { System } from "../../base/system.js";
import { resolveSecret, type SecretRef } from "../../policy/index.js";
import { invalidBridgeHeader, headerVariableNotSet } from "../faults.js";

/** What the bridge says itself in each request. */
const owned = /^(?:accept|content-type|content-length|host|connection|transfer-encoding|last-event-id|mcp-.*)$/i;

/**
 * `Name: value` as `--header` has it: with `${NAME}` in the value, or `env:NAME`, `file:PATH` or `command:COMMAND` in its
 * place. (MCP clients fill in `${NAME}` themselves in what they start, and show it in the list of processes.)
 */
export function bridgeHeader(
  line: string,
  variables: Readonly<Record<string, string | undefined>>,
  system: System,
): BridgeHeader {
  const { name = "", rest = "" } = /^(?<name>[!#$%&'*+\-.^_`|~\w]+):(?<rest>.*)$/s.exec(line)?.groups ?? {};
  if (name === "" || owned.test(name)) throw invalidBridgeHeader(name);
  const value = rest.trim();
  const ref = reference(value);
  if (ref !== undefined) {
    const setting = `--header ${name}`;
    return { name, value: async () => checked(name, (await resolveSecret(ref, system, { setting })).reveal().trim()) };
  }
  const valueOf = (variable: string): string => {
    const found = variables[variable];
    if (found === undefined || found === "") throw headerVariableNotSet(name, variable);
    return found;
  };
  const whole = /^env:(\w+)$/.exec(value)?.[1];
  const filled =
    whole === undefined ? value.replace(/\$\{(\w+)\}/g, (_, variable: string) => valueOf(variable)) : valueOf(whole);
  checked(name, filled);
  return { name, value: () => Promise.resolve(filled) };
}

function reference(value: string): SecretRef | undefined {
  if (value.startsWith("file:")) return { kind: "file", path: value.slice("file:".length).trim() };
  if (value.startsWith("command:")) return { kind: "command", command: value.slice("command:".length).trim() };
  return undefined;
}

/** The value may be a token: it is not repeated. */
function checked(name: string, value: string): string {
  if (!/^[\t\x20-\x7E\x80-\xFF]*$/.test(value)) throw invalidBridgeHeader(name);
  return value;
}
