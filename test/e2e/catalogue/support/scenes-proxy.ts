import { closedPort } from "../../../support/closed-port.js";
import { startGateway } from "../../../../src/gateway/index.js";
import type { FaultCode } from "../../../../src/base/codes.js";
import type { ProxyFault } from "../../../../src/lab/index.js";
import { withVariables, type Place, type Scene, type Setting } from "./scene.js";

const login = { username: "alice", password: "p@ss/w:rd" };
const hop = "proxy";

/** The scheme that a remedy names, put in place of the one that is set. */
const schemeFrom = async (remedy: string, setting: Setting): Promise<Setting> => {
  const scheme = /\b(https?|socks5h):\/\//.exec(remedy)?.[0];
  if (scheme === undefined) throw new Error(`no scheme in: ${remedy}`);
  const proxy = setting.variables["HTTPS_PROXY"] ?? "";
  return withVariables(setting, { HTTPS_PROXY: proxy.replace(/^[a-z0-9]+:\/\//, scheme) });
};

/** What the proxy's people mend. */
const proxyMended = async (_remedy: string, setting: Setting, set: Place): Promise<Setting> => {
  if (set.lastProxy !== undefined) set.lastProxy.fault = undefined;
  return setting;
};

const faulty = (code: FaultCode, how: string, fault: ProxyFault): Scene => ({
  code,
  how,
  hop,
  make: async (set) => ({
    ...(await set.behind((await set.proxy({ fault })).url)),
    options: { timeouts: { tunnel: 400 } },
  }),
  mend: proxyMended,
});

const pacFile = async (set: Place, script: string): Promise<Setting> => {
  const { url } = await set.origin();
  const file = await set.file("proxy.pac", script);
  return { url, variables: { ...set.trusting, SALLYPORT_PAC_URL: `file://${file}` } };
};

const rightPac = async (_remedy: string, setting: Setting, set: Place): Promise<Setting> => {
  const { port } = await set.proxy();
  const right = await pacFile(set, `function FindProxyForURL() { return "PROXY localhost:${port}"; }`);
  return { ...setting, variables: right.variables };
};

/** The proxy as its people mend it, at another port. */
const renewed = async (_remedy: string, setting: Setting, set: Place): Promise<Setting> =>
  withVariables(setting, { HTTPS_PROXY: (await set.proxy({ protocol: "https" })).url });

/** What a path through a proxy can give. */
export const proxyScenes: readonly Scene[] = [
  {
    code: "PROXY_NOT_TLS",
    how: "an http proxy called by https://",
    hop,
    stage: "proxy-tls",
    make: async (set) => set.behind((await set.proxy()).url.replace("http:", "https:")),
    mend: schemeFrom,
  },
  {
    code: "PROXY_NEEDS_TLS",
    how: "an https proxy called by http://",
    hop,
    make: async (set) => set.behind((await set.proxy({ protocol: "https" })).url.replace("https:", "http:")),
    mend: schemeFrom,
  },
  faulty("PROXY_NOT_HTTP", "a proxy that speaks something else", { kind: "not-http" }),
  faulty("PROXY_CLOSED", "a proxy that closes at the CONNECT", { kind: "close" }),
  faulty("PROXY_TIMEOUT", "a proxy that does not answer the CONNECT", { kind: "silent" }),
  faulty("PROXY_FORBIDDEN", "a proxy that answers 403", { kind: "status", status: 403 }),
  faulty("PROXY_BAD_GATEWAY", "a proxy that answers 502", { kind: "status", status: 502 }),
  faulty("PROXY_REFUSED", "a proxy that answers 405", { kind: "status", status: 405 }),
  {
    code: "SOCKS_REFUSED",
    how: "a SOCKS proxy whose rules forbid the host",
    hop,
    make: async (set) =>
      set.behind((await set.proxy({ protocol: "socks", fault: { kind: "socks-reply", code: 2 } })).url),
    mend: proxyMended,
  },
  {
    code: "SOCKS_NOT_SOCKS",
    how: "an http proxy called by socks5h://",
    hop,
    make: async (set) => set.behind((await set.proxy()).url.replace("http:", "socks5h:")),
    mend: schemeFrom,
  },
  {
    code: "PROXY_AUTH_REQUIRED",
    how: "a proxy with a login, called without",
    hop,
    make: async (set) => set.behind((await set.proxy({ login })).url),
    mend: async (remedy, setting, set) => {
      const [user, password] = [login.username, login.password].map(encodeURIComponent);
      const written = /http:\/\/USER:PASSWORD@/.exec(remedy)?.[0];
      if (written === undefined) throw new Error(`no login to fill in: ${remedy}`);
      const start = written.replace("USER", user ?? "").replace("PASSWORD", password ?? "");
      return withVariables(setting, { HTTPS_PROXY: `${start}localhost:${set.lastProxy?.port ?? 0}` });
    },
  },
  {
    code: "PROXY_AUTH_REJECTED",
    how: "a proxy called with a wrong password",
    hop,
    make: async (set) => {
      const { port } = await set.proxy({ login });
      return set.behind(`http://alice:wrong@localhost:${port}`);
    },
    mend: async (_remedy, setting, set) => withVariables(setting, { HTTPS_PROXY: set.lastProxy?.urlWithLogin ?? "" }),
  },
  {
    code: "PROXY_AUTH_UNSUPPORTED",
    how: "a proxy that offers a scheme nobody supports",
    hop,
    mend: proxyMended,
    make: async (set) => {
      const { port } = await set.proxy({ fault: { kind: "auth", schemes: ["Hoba"] } });
      return set.behind(`http://alice:tulip@localhost:${port}`);
    },
  },
  {
    code: "PROXY_AUTH_TICKET",
    how: "a proxy that takes Negotiate alone, without a ticket",
    unmended: "needs a KDC: `test/real/proxy-logins.test.ts`",
    make: async (set) => {
      const { port } = await set.proxy({ fault: { kind: "auth", schemes: ["Negotiate"] } });
      return set.behind(`http://localhost:${port}`);
    },
  },
  {
    code: "TCP_REFUSED",
    how: "a proxy's port on which nobody listens",
    hop,
    make: async (set) => set.behind(`http://localhost:${await closedPort()}`),
    mend: async (_remedy, setting, set) => withVariables(setting, { HTTPS_PROXY: (await set.proxy()).url }),
  },
  {
    code: "DNS_NOT_FOUND",
    how: "a proxy whose name is unknown",
    hop,
    make: (set) => set.behind("http://no-such-proxy.lab.test:3128"),
    mend: async (_remedy, setting, set) => withVariables(setting, { HTTPS_PROXY: (await set.proxy()).url }),
  },
  {
    code: "TLS_EXPIRED",
    how: "an https proxy with an expired certificate",
    hop,
    stage: "proxy-tls",
    mend: renewed,
    make: async (set) => set.behind((await set.proxy({ protocol: "https", certificate: "expired" })).url),
  },
  {
    code: "TLS_NAME_MISMATCH",
    how: "an https proxy with the certificate of another name",
    hop,
    stage: "proxy-tls",
    mend: renewed,
    make: async (set) => set.behind((await set.proxy({ protocol: "https", certificate: "wrong-name" })).url),
  },
  {
    code: "CLIENT_CERT_REQUIRED",
    how: "an https proxy that requires a client certificate",
    hop,
    make: async (set) => set.behind((await set.proxy({ protocol: "https", clientCertificate: "required" })).url),
    mend: async (_remedy, setting, { lab }) =>
      withVariables(setting, {
        SALLYPORT_PROXY_CLIENT_CERT: lab.files.client.cert,
        SALLYPORT_PROXY_CLIENT_KEY: lab.files.client.key,
      }),
  },
  {
    code: "PROXY_LOOP",
    how: "a gateway whose proxy setting names itself",
    mend: async (_remedy, setting, set) => {
      const { url } = await set.proxy();
      const gateway = await startGateway({ source: { variables: {} }, proxy: url, token: false, drainTimeout: 0 });
      set.closing(() => gateway.destroy());
      return withVariables(setting, { HTTPS_PROXY: gateway.url });
    },
    make: async (set) => {
      const port = await closedPort();
      const gateway = await startGateway({
        source: { variables: {} },
        listen: { port },
        proxy: `http://127.0.0.1:${port}`,
        token: false,
        drainTimeout: 0,
      });
      set.closing(() => gateway.destroy());
      return set.behind(gateway.url);
    },
  },
  {
    code: "PAC_UNREACHABLE",
    how: "a PAC file on a port on which nobody listens",
    mend: rightPac,
    make: async (set) => {
      const { url } = await set.origin();
      const file = `http://localhost:${await closedPort()}/proxy.pac`;
      return { url, variables: { ...set.trusting, SALLYPORT_PAC_URL: file } };
    },
  },
  {
    code: "PAC_INVALID",
    how: "a PAC file that is a web page",
    mend: rightPac,
    make: (set) => pacFile(set, "<html>login</html>"),
  },
  {
    code: "PAC_TIMEOUT",
    how: "a PAC file that never ends",
    mend: rightPac,
    make: (set) => pacFile(set, "function FindProxyForURL() { for (;;); }"),
  },
  {
    code: "PAC_PROXY_NOT_ALLOWED",
    how: "a PAC file that names a proxy which takes Negotiate alone",
    stage: "proxy-auth",
    unmended: "needs a KDC: `test/real/proxy-logins.test.ts`",
    make: async (set) => {
      const { port } = await set.proxy({ fault: { kind: "auth", schemes: ["Negotiate"] } });
      return pacFile(set, `function FindProxyForURL() { return "PROXY localhost:${port}"; }`);
    },
  },
];
