import { createSystem } from "../../../../src/env/index.js";
import type { FaultCode } from "../../../../src/base/codes.js";
import type { ContextOptions } from "../../../../src/clients/index.js";
import type { OriginOptions } from "../../../../src/lab/index.js";
import { closedPort } from "../../../support/closed-port.js";
import type { Scene, Sayer, Place, Setting } from "./scene.js";

const hop = "target";
/** The answer is handed on: what its page says is for who reads it. */
const handedOn: Readonly<Partial<Record<Sayer, FaultCode | "-">>> = { fetch: "-", agent: "-", gateway: "-", mcp: "-" };
const head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

const mended = async (_remedy: string, setting: Setting, set: Place): Promise<Setting> => {
  if (set.lastOrigin !== undefined) set.lastOrigin.fault = undefined;
  return setting;
};
/** A server as its people mend it: reached at another port, with the same settings. */
const renewed = async (_remedy: string, { variables }: Setting, set: Place): Promise<Setting> => ({
  url: (await set.origin()).directUrl,
  variables,
});
const renewedPlain = async (_remedy: string, { variables }: Setting, set: Place): Promise<Setting> => ({
  url: (await set.origin({ tls: false })).directUrl,
  variables,
});

const withVariables = (setting: Setting, more: Readonly<Record<string, string>>): Setting => ({
  ...setting,
  variables: { ...setting.variables, ...more },
});

const asAlice = async (_remedy: string, setting: Setting, { lab }: Place): Promise<Setting> =>
  withVariables(setting, {
    SALLYPORT_CLIENT_CERT: lab.files.client.cert,
    SALLYPORT_CLIENT_KEY: lab.files.client.key,
  });

const bad = (code: FaultCode, how: string, origin: OriginOptions, more: Partial<Scene> = {}): Scene => ({
  code,
  how,
  hop,
  make: (set) => set.direct(origin),
  ...more,
});

/** A name of the inside, which this resolver takes somewhere else. */
const resolved = async (address: string | NodeJS.ErrnoException): Promise<Partial<ContextOptions>> => ({
  lookup: (_name, _options, callback) => {
    if (typeof address === "string") callback(null, [{ address, family: 4 }]);
    else callback(address, "");
  },
});

const page = (title: string, status: string, more = ""): string => {
  const body = `<html><head><title>${title}</title></head><body><h1>${title}</h1>Company policy. Category: games.</body></html>`;
  return `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\n${more}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
};
const onPort = (port: number, set: Place): Setting => ({ url: `https://localhost:${port}/`, variables: set.trusting });

/** What the way to a server, and the server itself, can give. */
export const targetScenes: readonly Scene[] = [
  bad(
    "DNS_NOT_FOUND",
    "a name that only a proxy knows",
    {},
    {
      make: async (set) => ({ url: (await set.origin()).url, variables: set.trusting }),
      mend: async (_remedy, setting, set) => withVariables(setting, { HTTPS_PROXY: (await set.proxy()).url }),
    },
  ),
  bad(
    "DNS_FAILED",
    "a resolver that gives no answer (EAI_AGAIN)",
    {},
    {
      mend: renewed,
      make: async (set) => {
        const failure = Object.assign(new Error("getaddrinfo EAI_AGAIN"), { code: "EAI_AGAIN" });
        return { ...(await set.direct()), url: "https://app.inside.test/", options: await resolved(failure) };
      },
    },
  ),
  bad(
    "TCP_REFUSED",
    "a port on which nobody listens",
    {},
    {
      mend: renewed,
      make: async (set) => onPort(await closedPort(), set),
    },
  ),
  bad(
    "TCP_TIMEOUT",
    "a port whose queue of connections is full",
    {},
    {
      mend: renewed,
      make: async (set) => ({ ...onPort(await set.fullPort(), set), options: { timeouts: { tcp: 300 } } }),
    },
  ),
  bad(
    "TCP_UNREACHABLE",
    "an address that TCP cannot reach",
    {},
    {
      // Of a group: the system refuses it, and nothing is sent.
      mend: renewed,
      make: async (set) => ({
        url: "https://group.inside.test/",
        variables: set.trusting,
        options: await resolved("224.0.0.1"),
      }),
    },
  ),
  bad(
    "TCP_RESET",
    "an http server that resets at the request",
    {},
    {
      stage: "http",
      mend: renewedPlain,
      make: async (set) => {
        const port = await set.port((socket) => void socket.once("data", () => socket.resetAndDestroy()));
        return { url: `http://localhost:${port}/`, variables: {} };
      },
    },
  ),
  bad(
    "TLS_UNTRUSTED_ISSUER",
    "an authority that is not trusted",
    {},
    {
      make: async (set) => ({ url: (await set.origin()).directUrl, variables: {} }),
      mend: async (remedy, setting, set) => {
        const name = /\b(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)\b/.exec(remedy)?.[0];
        if (name === undefined) throw new Error(`no variable in: ${remedy}`);
        return withVariables(setting, { [name]: set.lab.files.rootCa });
      },
    },
  ),
  bad(
    "TLS_INSPECTED",
    "a proxy that inspects TLS, whose authority is not trusted",
    {},
    {
      make: async (set) => set.behind((await set.proxy({ inspect: true })).url),
      mend: async (_remedy, setting, set) => withVariables(setting, { NODE_EXTRA_CA_CERTS: set.lab.files.bundle }),
    },
  ),
  bad(
    "TLS_CHAIN_INCOMPLETE",
    "a server that sends no intermediate",
    { certificate: "no-intermediate" },
    { mend: renewed },
  ),
  bad("TLS_SELF_SIGNED", "a self-signed certificate", { certificate: "self-signed" }, { mend: renewed }),
  bad("TLS_EXPIRED", "an expired certificate", { certificate: "expired" }, { mend: renewed }),
  bad("TLS_NOT_YET_VALID", "a certificate of the future", { certificate: "not-yet-valid" }, { mend: renewed }),
  bad(
    "CLOCK_SKEW",
    "this machine's clock in 2001",
    { certificate: "good" },
    {
      hop: "local",
      unmended: "the clock of the machine cannot be set for one test",
      make: async (set) => {
        const certificate = await set.lab.authorities.intermediate.issue({
          commonName: "localhost",
          hosts: ["localhost"],
          usage: "server",
          notBefore: new Date(Date.now() + 86_400_000),
        });
        const port = await set.tlsPort({ cert: certificate.chain, key: certificate.key }, head);
        const system = createSystem({ now: () => Date.UTC(2001, 0, 1) });
        return { ...onPort(port, set), options: { system } };
      },
    },
  ),
  bad("TLS_NAME_MISMATCH", "the certificate of another name", { certificate: "wrong-name" }, { mend: renewed }),
  bad("TLS_NOT_TLS", "a server that answers plain text", { fault: "not-tls" }, { mend: mended }),
  bad(
    "TLS_VERSION",
    "a server that speaks TLS 1.1 alone",
    {},
    {
      mend: renewed,
      make: async (set) => {
        const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
        return onPort(await set.tlsPort(old, head), set);
      },
    },
  ),
  bad(
    "TLS_WEAK",
    "a server whose key fits none of its ciphers",
    {},
    {
      mend: renewed,
      make: async (set) => onPort(await set.tlsPort({ maxVersion: "TLSv1.2", ciphers: "AES128-SHA" }, head), set),
    },
  ),
  bad("TLS_RESET", "a server that resets at the first byte", { fault: "reset" }, { mend: mended }),
  bad(
    "TLS_TIMEOUT",
    "a server that says nothing",
    { fault: "silent" },
    {
      make: async (set) => ({ ...(await set.direct({ fault: "silent" })), options: { timeouts: { tls: 400 } } }),
      mend: mended,
    },
  ),
  bad(
    "CLIENT_CERT_REQUIRED",
    "a TLS 1.3 server that requires a client certificate",
    { clientCertificate: "required", minVersion: "TLSv1.3" },
    { mend: asAlice },
  ),
  bad(
    "CLIENT_CERT_REQUIRED",
    "a TLS 1.2 server that requires a client certificate",
    { clientCertificate: "required", maxVersion: "TLSv1.2" },
    { mend: asAlice },
  ),
  bad(
    "CLIENT_CERT_REJECTED",
    "a client certificate of an authority that the server does not trust",
    {},
    {
      make: (set) => {
        const { wrongClient } = set.lab.files;
        const more = { SALLYPORT_CLIENT_CERT: wrongClient.cert, SALLYPORT_CLIENT_KEY: wrongClient.key };
        return set.direct({ clientCertificate: "required" }, more);
      },
      mend: asAlice,
    },
  ),
  bad(
    "CLIENT_CERT_INSPECTED",
    "a client certificate that an inspecting proxy takes away",
    {},
    {
      hop: "proxy",
      otherwise: handedOn,
      make: async (set) => {
        const { lab } = set;
        const { url } = await set.origin({ clientCertificate: "required" });
        const proxy = await set.proxy({ inspect: true });
        const { client, bundle } = lab.files;
        return {
          url,
          variables: {
            HTTPS_PROXY: proxy.url,
            NODE_EXTRA_CA_CERTS: bundle,
            SALLYPORT_CLIENT_CERT: client.cert,
            SALLYPORT_CLIENT_KEY: client.key,
          },
        };
      },
      mend: async (remedy, setting, set) => {
        const exempt = /exempt ([\w.-]+)/.exec(remedy)?.[1];
        if (exempt === undefined) throw new Error(`no host to exempt in: ${remedy}`);
        return withVariables(setting, { HTTPS_PROXY: (await set.proxy({ inspect: { exempt: [exempt] } })).url });
      },
    },
  ),
  bad(
    "HTTP_STATUS",
    "a server that answers 503",
    {},
    {
      otherwise: handedOn,
      mend: renewed,
      make: async (set) =>
        onPort(await set.tlsPort({}, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), set),
    },
  ),
  bad(
    "HTTP_BLOCK_PAGE",
    "a filter's page with 403, under an inspector's certificate",
    {},
    {
      hop: "proxy",
      otherwise: handedOn,
      unmended: "it is a policy of the company",
      make: async (set) => {
        const { chain, key } = await set.lab.authorities.inspector.issue({
          commonName: "localhost",
          hosts: ["localhost"],
          usage: "server",
        });
        const port = await set.tlsPort({ cert: chain, key }, page("Web Page Blocked", "403 Forbidden"));
        return { url: `https://localhost:${port}/`, variables: { NODE_EXTRA_CA_CERTS: set.lab.files.bundle } };
      },
    },
  ),
  bad(
    "CAPTIVE_PORTAL",
    "an answer 511 in place of a plain http server's",
    {},
    {
      hop: "proxy",
      otherwise: handedOn,
      mend: renewedPlain,
      make: async (set) => {
        const answer = page("Log in", "511 Network Authentication Required");
        const port = await set.port((socket) => void socket.once("data", () => socket.end(answer)));
        return { url: `http://localhost:${port}/`, variables: {} };
      },
    },
  ),
  bad(
    "HTTP_TIMEOUT",
    "a server that never answers",
    { fault: "never-answers" },
    {
      make: async (set) => ({
        ...(await set.direct({ fault: "never-answers" })),
        options: { timeouts: { firstByte: 400 } },
      }),
      mend: mended,
    },
  ),
  bad("HTTP_CLOSED", "a server that closes before its answer", { fault: "close-before-answer" }, { mend: mended }),
  bad(
    "HTTP_INVALID",
    "a server that speaks something else within TLS",
    { fault: "not-http", http2: false },
    { mend: mended },
  ),
];
