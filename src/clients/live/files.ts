import type { FileSetting, IdentitySpec, Policy, ProxyChoice, SecretRef } from "../../policy/index.js";

/** The files that settings come from, each once: config files, certificates, keys, authorities, passphrases. */
export function filesOf(policy: Policy): readonly string[] {
  const { trust, identities, proxyIdentity, routes, proxy } = policy;
  const config = policy.settings.flatMap(({ source }) => (source.kind === "file" ? [source.path] : []));
  const certificates = [...identities, ...(proxyIdentity === undefined ? [] : [proxyIdentity])].flatMap(
    filesOfIdentity,
  );
  const choices = [...routes.map((rule) => rule.proxy), proxy.https?.value, proxy.http?.value];
  const authorities = [...trust.files, ...trust.directories].flatMap(pathOf);
  return [...new Set([...config, ...authorities, ...certificates, ...choices.flatMap(filesOfChoice)])];
}

function filesOfIdentity({ cert, key, pfx, passphrase }: IdentitySpec): string[] {
  const named = [cert, key, pfx].flatMap((setting) => (setting === undefined ? [] : pathOf(setting)));
  return [...named, ...filesOfSecret(passphrase?.value)];
}

/** None where the setting holds the text itself, which changes only with the setting. */
const pathOf = ({ value, text, fault }: FileSetting): string[] =>
  text === undefined && fault === undefined ? [value] : [];

function filesOfChoice(choice: ProxyChoice | undefined): string[] {
  return choice?.kind === "server" ? filesOfSecret(choice.server.login?.password) : [];
}

function filesOfSecret(secret: SecretRef | undefined): string[] {
  return secret?.kind === "file" ? [secret.path] : [];
}
