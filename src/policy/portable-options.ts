import { readPathValue } from "../base/path-value.js";
import { Secret } from "../base/secret.js";
import { policyOptionsIn } from "./options-source.js";
import type { PathContext } from "./path-setting.js";
import { isChain } from "./proxy-setting.js";
import type { CertificateInput, PolicyOptions, ProxyInput, ProxyPathInput, SecretInput } from "./settings.js";
import type { VariableLookup } from "./variables.js";

export interface PortableContext extends PathContext {
  readonly lookup: VariableLookup;
}

/** What a program passed, but for the prefix, which is no setting. */
export type GivenOptions = Omit<PolicyOptions, "prefix">;

/**
 * What a program passed, in a form that means the same in another process, which may have another working directory and other
 * variables: paths are absolute, and what a variable holds stands in its place. Undefined where nothing was passed. As JSON in a
 * {@link Secret}, since passwords and keys may be among it.
 */
export function portableOptions(options: PolicyOptions, context: PortableContext): Secret | undefined {
  const moved = new Mover(context).options(options);
  // Callers hand in more than a policy is made from: an environment, for one.
  const known = new Set(policyOptionsIn(moved));
  const said = Object.entries(moved).filter(([name, value]) => known.has(name) && !saysNothing(name, value));
  return said.length === 0 ? undefined : new Secret(JSON.stringify(Object.fromEntries(said)));
}

/** The options behind `Policy.given`. */
export function givenOptions(given: Secret | undefined): GivenOptions {
  return given === undefined ? {} : (JSON.parse(given.reveal()) as GivenOptions);
}

/** An empty one of these adds nothing to other sources; an empty list of stores, or of hosts without a proxy, does say something. */
const adding = new Set(["ca", "caDirectories", "identities", "routes"]);

/** Empty strings count as unset. */
function saysNothing(name: string, value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === "string" ? value.trim() === "" : adding.has(name) && (value as readonly []).length === 0;
}

class Mover {
  readonly #context: PortableContext;

  constructor(context: PortableContext) {
    this.#context = context;
  }

  options({ prefix: _prefix, ...options }: PolicyOptions): GivenOptions {
    const { identities, routes, ca, caDirectories } = options;
    return {
      ...options,
      proxy: this.#proxy(options.proxy),
      httpsProxy: this.#proxy(options.httpsProxy),
      httpProxy: this.#proxy(options.httpProxy),
      ...this.#certificate(options),
      ...this.#proxyCertificate(options),
      ca: this.#paths(ca),
      caDirectories: this.#paths(caDirectories),
      identities: identities?.map((identity) => ({ ...identity, ...this.#certificate(identity) })),
      routes: routes?.map(({ hosts, proxy }) => ({ hosts, proxy: this.#proxy(proxy) ?? proxy })),
    };
  }

  #certificate({ cert, key, pfx, passphrase }: CertificateInput): CertificateInput {
    return { cert: this.#path(cert), key: this.#path(key), pfx: this.#path(pfx), passphrase: this.#secret(passphrase) };
  }

  #proxyCertificate({ proxyCert, proxyKey, proxyPfx, proxyPassphrase }: GivenOptions): GivenOptions {
    return {
      proxyCert: this.#path(proxyCert),
      proxyKey: this.#path(proxyKey),
      proxyPfx: this.#path(proxyPfx),
      proxyPassphrase: this.#secret(proxyPassphrase),
    };
  }

  #proxy(input: ProxyPathInput | undefined): ProxyPathInput | undefined {
    return isChain(input) ? input.map((each) => this.#oneProxy(each)) : input && this.#oneProxy(input);
  }

  #oneProxy(input: ProxyInput): ProxyInput {
    return typeof input === "object" ? { ...input, password: this.#secret(input.password) } : input;
  }

  #secret(input: SecretInput | undefined): SecretInput | undefined {
    if (typeof input !== "object") return input;
    if ("file" in input) return { file: this.#path(input.file) ?? input.file };
    if ("variable" in input) return this.#context.lookup(input.variable)?.value ?? input;
    return input;
  }

  #paths(value: string | readonly string[] | undefined): readonly string[] | undefined {
    const texts = typeof value === "string" ? [value] : value;
    return texts?.map((text) => this.#path(text) ?? text).filter((text) => text.trim() !== "");
  }

  /** PEM texts, and what cannot be a path, stay as they are. */
  #path(text: string | undefined): string | undefined {
    if (text === undefined || text.trim() === "") return text;
    const read = readPathValue(text, this.#context);
    return read.kind === "path" ? read.path : text;
  }
}
