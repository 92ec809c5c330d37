import { createSystem } from "../../../../src/env/index.js";
import { withVariables, type Place, type Scene, type Setting } from "./scene.js";
import { oldBox } from "./old-box.js";
import { bad, handedOn, mended, onPort, renewed } from "./scene-of-server.js";

const head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

const asAlice = async (_remedy: string, setting: Setting, { lab }: Place): Promise<Setting> =>
  withVariables(setting, {
    SALLYPORT_CLIENT_CERT: lab.files.client.cert,
    SALLYPORT_CLIENT_KEY: lab.files.client.key,
  });

/** What a server's TLS can give, with a client certificate and without. */
export const tlsScenes: readonly Scene[] = [
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
  bad(
    "TLS_LEGACY_RENEGOTIATION",
    "a box on the way that knows nothing of RFC 5746",
    {},
    {
      mend: renewed,
      make: async (set) => {
        const port = await set.tlsPort({ maxVersion: "TLSv1.2" }, head);
        return onPort(await set.port((socket) => oldBox(socket, port)), set);
      },
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
];
