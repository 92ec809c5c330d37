type Variables = Readonly<Record<string, string | undefined>>;

const proxyVariable = /^(?:https?|all|no)_proxy$/i;

/** Trust, the client certificate, and where our own settings are. Those of a prefix of its own come on top. */
const otherVariable =
  /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|GIT_SSL_CAINFO|CLAUDE_CODE_CERT_STORE|CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER|CLAUDE_CODE_PROXY_AUTH_HELPER_TTL_MS|(?:SALLYPORT|CLAUDE_CODE_CLIENT)_.+)$/;
const ownVariable =
  /^(?:(?:PROXY_)?CLIENT_(?:CERT|KEY|KEY_PASSPHRASE|PFX)|CA_CERTS|CERT_STORE|CONFIG|PAC_URL|PAC_FALLBACK|OS_PROXY|PROXY_AUTH(?:_HOSTS|_HELPER(?:_TTL_MS)?)?|PROXY_SPN|STRICT)$/;

export interface Inheritance {
  /** Of the variables that the settings are read from. */
  readonly prefix: string;
  readonly windows: boolean;
}

/**
 * What a child or thread lacks of the network's variables, when its program gave it an environment of its own (MCP's stdio
 * transport passes on a short list): it would try to get out without the proxy. What the program says itself stands: any proxy
 * variable, an empty one too, means that it decided on the proxy.
 */
export function missingVariables(
  given: Variables,
  ours: Variables,
  { prefix, windows }: Inheritance,
): readonly [string, string][] {
  const start = `${prefix}_`;
  const isOther = (name: string): boolean =>
    otherVariable.test(name) || (name.startsWith(start) && ownVariable.test(name.slice(start.length)));
  const same = (name: string): string => (windows ? name.toUpperCase() : name);
  const names = new Set(Object.keys(given).map(same));
  const decided = [...names].some((name) => proxyVariable.test(name));
  return Object.entries(ours).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      (proxyVariable.test(entry[0]) ? !decided : isOther(entry[0]) && !names.has(same(entry[0]))),
  );
}
