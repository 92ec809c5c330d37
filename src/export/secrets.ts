import type { System } from "../base/system.js";
import { onlyServer, proxyUrl, resolveSecret } from "../policy/index.js";
import type { IdentitySpec, Policy, ProxyChoice, ProxyServer, SecretRef, Setting } from "../policy/types.js";
import { insteadOfVariables, noPassphrase, noProxy, noProxyLogin } from "./faults.js";

/** What `sallyport env --value` prints: what texts refer to in place of a secret, and the parts that credential helpers want. */
export const secretValues = [
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
  "proxy-password",
  "key-passphrase",
] as const;

export type SecretValue = (typeof secretValues)[number];

/**
 * One secret of the policy, from where it is kept: commands are run, and files read.
 * @throws {ConnectError} CONFIG_INVALID where the settings have none; SECRET_COMMAND_FAILED; the fault of an invalid proxy
 */
export async function secretValue(policy: Policy, system: System, wanted: SecretValue): Promise<string> {
  if (wanted === "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE" || wanted === "key-passphrase") {
    const passphrase = defaultPair(policy)?.passphrase;
    if (passphrase === undefined) throw noPassphrase();
    return reveal(passphrase.value, system, "the key's passphrase");
  }
  const { https, http } = policy.proxy;
  const setting = wanted === "HTTP_PROXY" ? http : wanted === "HTTPS_PROXY" ? https : (https ?? http);
  const server = serverOf(setting);
  if (server === undefined) throw noProxy();
  if (wanted !== "proxy-password") return proxyUrl(server, await passwordOf(server, system));
  const password = await passwordOf(server, system);
  if (password === undefined) throw noProxyLogin();
  return password;
}

/** The client certificate for all origins, where it is a pair of files that a program may present itself. */
export function defaultPair({
  identities,
}: Policy): (IdentitySpec & Required<Pick<IdentitySpec, "cert" | "key">>) | undefined {
  const spec = identities.find(({ hosts }) => hosts === "all");
  const { cert, key } = spec ?? {};
  return spec === undefined || cert === undefined || key === undefined ? undefined : { ...spec, cert, key };
}

/**
 * The proxy of a setting; undefined where it says none.
 * @throws {ConnectError} for one that is invalid, for a chain, and for a PAC file: none of these must look like none
 */
export function serverOf(setting: Setting<ProxyChoice> | undefined): ProxyServer | undefined {
  return onlyServer(setting, insteadOfVariables);
}

/** Undefined where the proxy asks for no login. */
export async function passwordOf({ login }: ProxyServer, system: System): Promise<string | undefined> {
  return login === undefined ? undefined : reveal(login.password, system, "the proxy's password");
}

export async function reveal(ref: SecretRef, system: System, setting: string): Promise<string> {
  return (await resolveSecret(ref, system, { setting })).reveal();
}
