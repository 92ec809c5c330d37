import { createNetwork, type Network, type NetworkOptions } from "../../../src/clients/index.js";
import {
  labVariables,
  type Lab,
  type LabEvent,
  type LabProxy,
  type LabVariablesOptions,
  type StandardLab,
} from "../../../src/lab/index.js";

/** What stands between offices and the world, by what it is. */
export const officeProxies = (lab: StandardLab): Readonly<Record<string, LabProxy>> => ({
  "a proxy with a login": lab.basic,
  "a TLS proxy with a login": lab.overTls,
  "an inspecting proxy": lab.inspector,
  "a SOCKS proxy with a login": lab.socks,
  "TLS, login and inspection together": lab.strict,
});

/** A network as a program on a machine of the lab's office would get it from its variables. */
export function networkAt(
  lab: Lab,
  proxy: LabProxy | undefined,
  options: NetworkOptions & LabVariablesOptions = {},
): Promise<Network> {
  const { noProxy, clientCertificate, proxyClientCertificate, trust, ...network } = options;
  const chosen = {
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(proxyClientCertificate !== undefined && { proxyClientCertificate }),
    ...(trust !== undefined && { trust }),
  };
  return createNetwork({
    source: { variables: labVariables(lab, proxy, { ...chosen, ...(typeof noProxy === "string" && { noProxy }) }) },
    lookup: lab.lookup,
    // The machine's own store has no part in these tests, and costs time to read.
    stores: ["bundled"],
    ...network,
  });
}

/** What the client's own resolver was asked. Nothing but the proxy's name should be among it. */
export function namesAsked(lab: Lab): readonly string[] {
  return lab.log.of("client", "resolve").map(({ name }) => name);
}

export function basicAuthorization({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** Certificates that were shown to this part of the lab, over all its connections. */
export function certificatesShown(lab: Lab, by: string): readonly (string | undefined)[] {
  return lab.log.of(by, "tls").map(({ peer }) => peer);
}

export function requestsSeen(lab: Lab, by: string): readonly Extract<LabEvent, { kind: "request" }>[] {
  return lab.log.of(by, "request");
}
