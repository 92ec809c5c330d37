import { createRequire } from "node:module";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StandardLab } from "../../lab/types.js";
import { answered, connectedAsAlice, noLoginInside } from "./proofs.js";
import type { Scene } from "./scene.js";
import { countTokens } from "./settings.js";

/** What browsers alone could do so far: a PAC file, and a login without a password. */

export function pacFile(lab: StandardLab): Scene {
  const { api, basic } = lab;
  const path = join(lab.directory, "proxy.pac");
  // The discard port (RFC 863): nobody listens there.
  const text = `function FindProxyForURL(url, host) {
  if (dnsDomainIs(host, ".inside.test")) return "DIRECT";
  return "PROXY localhost:9; PROXY localhost:${basic.port}";
}
`;
  return {
    title: "A PAC file, whose first proxy is down",
    story:
      "A script says which proxies a URL takes, one after the other. Its first one is down; the second wants a login, which HTTPS_PROXY has for that proxy alone.",
    setUp: () => writeFile(path, text),
    listing: { path, text },
    variables: {
      SALLYPORT_PAC_URL: pathToFileURL(path).href,
      HTTPS_PROXY: basic.urlWithLogin,
      NODE_EXTRA_CA_CERTS: lab.files.rootCa,
    },
    ...countTokens(api.name),
    proofs: ({ stderr }) => [
      {
        claim: "the first proxy was tried, and refused the connection",
        holds: /✗ tcp.*localhost:9\b/.test(stderr.replaceAll(/\s+/g, " ")),
      },
      connectedAsAlice(lab, basic, api.name),
      answered(lab, api.name),
      noLoginInside(lab, api.name),
    ],
  };
}

/** @param withoutTicket why nothing can be shown without one here, if so */
export function ticketsAlone(lab: StandardLab, withoutTicket = whyNoScene()): Scene {
  const { api, basic } = lab;
  return {
    title: "A proxy that takes Kerberos tickets, and no password",
    story:
      "The login to Windows, or kinit, is the login here as well, once the package kerberos is installed. It is not, and there is no such network here: what can be shown is that this is said.",
    skip: withoutTicket,
    setUp: async () => {
      basic.fault = { kind: "auth", schemes: ["Negotiate"] };
    },
    variables: { HTTPS_PROXY: basic.url, NODE_EXTRA_CA_CERTS: lab.files.rootCa },
    argv: ["fetch", "-v", `https://${api.name}/`],
    exit: 1,
    proofs: ({ stderr }) => {
      basic.fault = undefined;
      return [
        {
          claim: "the error names what is missing, and the hint how to get it: [PROXY_AUTH_TICKET]",
          holds: /^error: .*package kerberos.* \[PROXY_AUTH_TICKET\]\nhint: npm install kerberos/ms.test(stderr),
        },
        {
          claim: "the proxy was sent no password",
          holds: lab.log.of(basic.name, "connect").every(({ authorization }) => authorization === undefined),
        },
        { claim: `${api.name} saw no connection`, holds: lab.log.of(api.name, "accept").length === 0 },
      ];
    },
  };
}

/** With the package a ticket of the user's own would be asked for, of a network that is no part of this. */
function whyNoScene(): string | undefined {
  try {
    createRequire(import.meta.url).resolve("kerberos");
    return "the package kerberos is installed here, and would ask for a ticket of your own";
  } catch {
    return undefined;
  }
}
