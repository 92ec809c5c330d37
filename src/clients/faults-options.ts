/**
 * What a program might set on a single request, and where its place is instead: PREFIX_ stands for the policy's own. (Not `createConnection`:
 * ws always sets it.)
 */
export const elsewhere: Readonly<Record<string, string>> = {
  ca: "add the authority to NODE_EXTRA_CA_CERTS or PREFIX_CA_CERTS",
  crl: "remove it: certificates are checked against the policy's trust",
  cert: "set PREFIX_CLIENT_CERT and PREFIX_CLIENT_KEY, or an identity for this host in the config file",
  key: "set PREFIX_CLIENT_CERT and PREFIX_CLIENT_KEY, or an identity for this host in the config file",
  pfx: "set PREFIX_CLIENT_PFX, or an identity for this host in the config file",
  secureContext: "set authorities and client certificates by the policy",
  minVersion: "remove it: TLS 1.2 is the minimum",
  maxVersion: "remove it: TLS 1.2 is the minimum",
  secureProtocol: "remove it: TLS 1.2 is the minimum",
  secureOptions: "remove it: TLS 1.2 is the minimum, and OpenSSL's options are those of Node",
  ciphers: "remove it: the cipher suites are those of Node",
  sigalgs: "remove it: the signature algorithms are those of Node",
  ecdhCurve: "remove it: the groups of the key exchange are those of Node",
  session: "remove it: TLS sessions are resumed for each identity separately",
  ALPNProtocols: "remove it: node:http speaks only HTTP/1.1",
  localAddress: "remove it: connections begin at the address that the system chooses",
  lookup: "hand the lookup to createNetwork: names are resolved by the dialer, or by the proxy",
  socketPath: "make requests to local sockets without this agent",
};

/** What is to be done instead of setting one of them. */
export function insteadOf(option: string, prefix: string): string {
  return (elsewhere[option] ?? "").replaceAll("PREFIX_", `${prefix}_`);
}
