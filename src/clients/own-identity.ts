import type { ConnectError } from "../base/errors.js";
import { currentVariables, type Snapshot } from "../env/index.js";
import { loadIdentities } from "../identity/index.js";
import { resolvePolicy, type IdentityInput, type Policy } from "../policy/index.js";
import type { IdentitySpec } from "../policy/types.js";
import { firstOf, unknownIdentity, wrongIdentity } from "./faults-settings.js";
import { filesOf, type LiveSettings, type Loading } from "./live/index.js";

/** Which client certificate: the name of one that the settings have, or one of its own. */
export type IdentityChoice = string | IdentityInput;

/**
 * Loads the settings in force with one client certificate in place of theirs: the same routes, authorities and proxies. A certificate
 * of the settings keeps its hosts; hosts that it does not name see none.
 */
export function ownIdentityLoader(parent: LiveSettings, choice: IdentityChoice): () => Promise<Loading> {
  const given = typeof choice === "string" ? undefined : specOf(choice, parent.current.policy);
  const find = (policy: Policy): IdentitySpec => given ?? named(policy, choice as string);
  return () => {
    const { policy: all, system } = parent.current;
    const begunAt = system.now();
    const spec = find(all);
    const policy: Policy = { ...all, identities: [spec] };
    const finish = async (): Promise<{ context: LiveSettings["current"]; fault: ConnectError | undefined }> => {
      const { current } = parent;
      const { origins, broken, faults, warnings } = await loadIdentities(policy, system);
      const { proxy, brokenProxy } = current.identities;
      const identities = {
        origins,
        broken,
        ...(proxy !== undefined && { proxy }),
        ...(brokenProxy !== undefined && { brokenProxy }),
        faults,
        warnings,
      };
      // Asked for by name: what would be a warning among others, since it concerns some hosts alone, is the whole of it here.
      const fault = firstOf([...faults, ...broken.map((each) => each.fault)]);
      return { context: { ...current, policy: { ...current.policy, identities: [spec] }, identities }, fault };
    };
    return Promise.resolve({ system, begunAt, files: filesOf(onlyIdentity(policy)), finish });
  };
}

function named(policy: Policy, name: string): IdentitySpec {
  const spec = policy.identities.find((each) => each.name === name);
  if (spec !== undefined) return spec;
  throw unknownIdentity(policy.identities.map((each) => each.name));
}

/** As the option `identities` of a network is read, and by nothing else: no variable and no file has a say in it. */
function specOf(input: IdentityInput, { prefix }: Policy): IdentitySpec {
  const { passphrase } = input;
  const variables: Record<string, string> = {};
  const asked = typeof passphrase === "object" && "variable" in passphrase ? passphrase.variable : undefined;
  const value = asked === undefined ? undefined : currentVariables()[asked];
  if (asked !== undefined && value !== undefined) variables[asked] = value;
  const { cwd, platform } = process;
  const snapshot: Snapshot = { variables, platform, cwd: cwd(), home: homeOf(), configFiles: [], prefix };
  const { identities, faults } = resolvePolicy(snapshot, { identities: [input] });
  const [spec] = identities;
  const [fault] = [...(spec?.faults ?? []), ...faults];
  if (fault !== undefined) throw fault;
  if (spec === undefined) throw wrongIdentity();
  return spec;
}

function homeOf(): string {
  return process.getBuiltinModule("node:os").homedir();
}

/** The settings of the rest are watched by whoever has them. */
function onlyIdentity(policy: Policy): Policy {
  const { proxyIdentity: _, ...rest } = policy;
  return { ...rest, settings: [], routes: [], proxy: {}, trust: { ...policy.trust, files: [], directories: [] } };
}
