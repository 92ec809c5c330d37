import { storeFiles } from "../../trust/index.js";
import {
  choicesOf,
  serversOf,
  type FileSetting,
  type IdentitySpec,
  type Policy,
  type SecretRef,
} from "../../policy/index.js";

/**
 * The files that settings come from, each once: config files, certificates, keys, authorities, passphrases.
 *
 * @param platform with it, the files of the system's store as well
 */
export function filesOf(policy: Policy, platform?: NodeJS.Platform): readonly string[] {
  const { trust, identities, proxyIdentity } = policy;
  const config = policy.settings.flatMap(({ source }) => (source.kind === "file" ? [source.path] : []));
  const certificates = [...identities, ...(proxyIdentity === undefined ? [] : [proxyIdentity])].flatMap(
    filesOfIdentity,
  );
  const logins = choicesOf(policy)
    .flatMap(serversOf)
    .flatMap(({ login }) => filesOfSecret(login?.password));
  const authorities = [...trust.files, ...trust.directories].flatMap(pathOf);
  const awaited = trust.awaited === undefined ? [] : [trust.awaited];
  const store = platform === undefined ? [] : storeFiles(trust.stores, platform);
  return [...new Set([...config, ...authorities, ...awaited, ...store, ...certificates, ...logins])];
}

function filesOfIdentity({ cert, key, pfx, passphrase }: IdentitySpec): string[] {
  const named = [cert, key, pfx].flatMap((setting) => (setting === undefined ? [] : pathOf(setting)));
  return [...named, ...filesOfSecret(passphrase?.value)];
}

/** None where the setting holds the text itself, which changes only with the setting. */
const pathOf = ({ value, text, fault }: FileSetting): string[] =>
  text === undefined && fault === undefined ? [value] : [];

function filesOfSecret(secret: SecretRef | undefined): string[] {
  return secret?.kind === "file" ? [secret.path] : [];
}
