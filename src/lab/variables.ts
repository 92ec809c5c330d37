import type { Lab, LabProxy } from "./types.js";

export interface LabVariablesOptions {
  /** Value of NO_PROXY; by default the variable is left out. */
  readonly noProxy?: string;
  /** Default true: the client certificate with its encrypted key and the passphrase. */
  readonly clientCertificate?: boolean;
  /** Default false: the same certificate for the proxy itself, which one with `clientCertificate: "required"` demands. */
  readonly proxyClientCertificate?: boolean;
  /** Default true: the CAs of the lab and of its inspectors. */
  readonly trust?: boolean;
}

/** The environment variables that point a program at the lab; without a proxy, straight at its origins. */
export function labVariables(lab: Lab, proxy?: LabProxy, options: LabVariablesOptions = {}): Record<string, string> {
  const { client, bundle, passphrase } = lab.files;
  const certificate = (prefix: string) => ({
    [`${prefix}_CERT`]: client.cert,
    [`${prefix}_KEY`]: client.encryptedKey,
    [`${prefix}_KEY_PASSPHRASE`]: passphrase,
  });
  return {
    ...(proxy === undefined ? {} : { HTTPS_PROXY: proxy.urlWithLogin, HTTP_PROXY: proxy.urlWithLogin }),
    ...(options.noProxy === undefined ? {} : { NO_PROXY: options.noProxy }),
    ...(options.trust === false ? {} : { NODE_EXTRA_CA_CERTS: bundle }),
    ...(options.clientCertificate === false ? {} : certificate("CLAUDE_CODE_CLIENT")),
    ...(options.proxyClientCertificate === true ? certificate("SALLYPORT_PROXY_CLIENT") : {}),
  };
}
