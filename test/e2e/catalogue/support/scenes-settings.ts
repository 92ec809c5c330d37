import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { certify, party } from "../../../../src/base/testing/certificates.js";
import { createAuthority } from "../../../../src/lab/index.js";
import { withVariables, type Scene, type Setting } from "./scene.js";
import { inDays, mendedBy, scene } from "./scene-of-settings.js";

const without = (setting: Setting, name: string): Setting => {
  const { [name]: _left, ...variables } = setting.variables;
  return { ...setting, variables };
};

const unsetting = (name: string) => async (_remedy: string, setting: Setting) => without(setting, name);

/** What settings of proxies and authorities give, whatever the network is. */
export const settingsScenes: readonly Scene[] = [
  {
    code: "PROXY_URL_INVALID",
    how: "a proxy's port out of range",
    make: (stage) => stage.behind("http://localhost:99999"),
    mend: async (_remedy, setting, stage) => withVariables(setting, { HTTPS_PROXY: (await stage.proxy()).url }),
  },
  {
    code: "PROXY_SCHEME_UNSUPPORTED",
    how: "a SOCKS proxy with socks://",
    make: async (stage) => {
      const { port } = await stage.proxy({ protocol: "socks" });
      return stage.behind(`socks://localhost:${port}`);
    },
    mend: async (remedy, setting) => {
      const scheme = /socks5h:\/\//.exec(remedy)?.[0];
      if (scheme === undefined) throw new Error(`no scheme in: ${remedy}`);
      const proxy = setting.variables["HTTPS_PROXY"] ?? "";
      return withVariables(setting, { HTTPS_PROXY: proxy.replace("socks://", scheme) });
    },
  },
  scene(
    "PROXY_VARIABLES_CONFLICT",
    "https_proxy and HTTPS_PROXY that differ",
    async (stage) => {
      const { url } = await stage.proxy();
      return { https_proxy: url, HTTPS_PROXY: `${url}/other`.replace("localhost", "127.0.0.1") };
    },
    unsetting("HTTPS_PROXY"),
  ),
  scene(
    "NO_PROXY_ENTRY_INVALID",
    "an entry with a star within an address",
    () => ({ NO_PROXY: "192.168.*" }),
    async (remedy, setting) => {
      const entry = /[\d.]+\/\d+/.exec(remedy)?.[0];
      if (entry === undefined) throw new Error(`no spelling in: ${remedy}`);
      return withVariables(setting, { NO_PROXY: entry });
    },
  ),
  scene(
    "CONFIG_INVALID",
    "a config file with a key that nobody knows",
    async (stage) => ({
      SALLYPORT_CONFIG: await stage.file("config.json", '{ "prxoy": "http://localhost:1" }'),
    }),
    mendedBy(async (stage) => ({ SALLYPORT_CONFIG: await stage.file("right.json", "{}") })),
  ),
  {
    code: "PATH_RELATIVE",
    how: "an authority by a relative path",
    make: async (stage) => {
      const path = join("test/fixtures/pki", "root.pem");
      return { ...(await stage.direct()), variables: { ...stage.trusting, SSL_CERT_FILE: path } };
    },
    mend: async (remedy, setting) => {
      const path = /\/\S+root\.pem/.exec(remedy)?.[0];
      if (path === undefined) throw new Error(`no path in: ${remedy}`);
      return withVariables(setting, { SSL_CERT_FILE: path });
    },
  },
  scene(
    "TLS_VERIFICATION_DISABLED",
    "NODE_TLS_REJECT_UNAUTHORIZED=0",
    () => ({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }),
    async (remedy, setting) => {
      const name = /unset (\w+)/.exec(remedy)?.[1];
      if (name === undefined) throw new Error(`nothing to unset in: ${remedy}`);
      return without(setting, name);
    },
  ),
  scene(
    "CA_FILE_UNREADABLE",
    "an authority's file that is not there",
    () => ({ SSL_CERT_FILE: "/nonexistent/ca.pem" }),
    mendedBy(({ lab }) => ({ SSL_CERT_FILE: lab.files.rootCa })),
  ),
  scene(
    "CA_FILE_INVALID",
    "an authority's file without a certificate",
    async (stage) => ({
      SSL_CERT_FILE: await stage.file("rubbish.pem", "not a certificate"),
    }),
    mendedBy(({ lab }) => ({ SSL_CERT_FILE: lab.files.rootCa })),
  ),
  scene(
    "CA_NOT_AN_AUTHORITY",
    "a server's own certificate among the authorities",
    async (stage) => {
      const { cert } = await stage.lab.authorities.intermediate.issue({
        commonName: "app",
        hosts: ["app.test"],
        usage: "server",
      });
      return { SSL_CERT_FILE: await stage.file("leaf.pem", cert) };
    },
    mendedBy(({ lab }) => ({ SSL_CERT_FILE: lab.files.rootCa })),
  ),
  scene(
    "CA_EXPIRED",
    "an expired authority in a file",
    async (stage) => {
      const { cert } = await createAuthority({ name: "Old Root", notAfter: inDays(-1) });
      const beside = await readFile(stage.lab.files.rootCa, "utf8");
      return { SSL_CERT_FILE: await stage.file("old.pem", cert + beside) };
    },
    mendedBy(({ lab }) => ({ SSL_CERT_FILE: lab.files.rootCa })),
  ),
  {
    ...scene(
      "CA_BREAKS_CHAINS",
      "an authority that gives its own name as its issuer's, and did not sign itself",
      async (stage) => {
        const beside = await readFile(stage.lab.files.rootCa, "utf8");
        const impostor = certify({ subject: party("Corp Root"), issuer: party("Corp Root") });
        return { SSL_CERT_FILE: await stage.file("corp.pem", impostor + beside) };
      },
      mendedBy(({ lab }) => ({ SSL_CERT_FILE: lab.files.rootCa })),
    ),
    // Other programs fail on it; these do not.
    otherwise: { fetch: "-", agent: "-", gateway: "-", mcp: "-" },
  },
];
