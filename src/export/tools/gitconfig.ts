import { percentEncoded } from "../../base/percent.js";
import type { ExportedSettings, ProxyEnd, Rendering, Target } from "../types.js";

/**
 * For ~/.gitconfig. git asks a credential helper for the password of a proxy whose URL has a user name alone, and for that of a
 * client certificate's key. https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpproxy
 */
export const gitconfig: Target = {
  render(exported) {
    const { version, files, clientCertificate } = exported;
    const { end, helped, hidden } = proxyOf(exported);
    const http = [
      ...(end === undefined ? [] : [`\tproxy = ${quoted(proxyUrl(end))}`]),
      ...(helped === undefined ? [] : ["\tproxyAuthMethod = basic"]),
      ...(files.merged === undefined ? [] : [`\tsslCAInfo = ${quoted(files.merged)}`]),
      ...(files.merged === undefined || end?.url.startsWith("https:") !== true
        ? []
        : [`\tproxySSLCAInfo = ${quoted(files.merged)}`]),
      ...(clientCertificate === undefined
        ? []
        : [
            `\tsslCert = ${quoted(clientCertificate.cert)}`,
            `\tsslKey = ${quoted(clientCertificate.key)}`,
            ...(clientCertificate.encrypted ? ["\tsslCertPasswordProtected = true"] : []),
          ]),
    ];
    const lines = [
      `# sallyport ${version}: network settings for git. For ~/.gitconfig, or a file that an [include] there names.`,
      ...(hidden
        ? [
            "# The proxy's login is a secret as a whole: git takes the proxy from HTTPS_PROXY, as long as none is named here.",
          ]
        : []),
      ...(end === undefined ? [] : ["# Hosts without a proxy have no place in it: git takes them from NO_PROXY."]),
      "[http]",
      ...http,
      ...(helped === undefined ? [] : helper(helped, "proxy-password", "# The proxy's password is not included:")),
      ...(clientCertificate?.encrypted === true ? keyHelper(clientCertificate.cert) : []),
    ];
    return { text: `${lines.join("\n")}\n`, notes: [] };
  },
  undo(exported): Rendering {
    const { files, clientCertificate } = exported;
    const { end, helped } = proxyOf(exported);
    const keys = [
      ...(end === undefined ? [] : ["http.proxy"]),
      ...(helped === undefined ? [] : ["http.proxyAuthMethod", `credential.${credentialUrl(helped)}.helper`]),
      ...(files.merged === undefined ? [] : ["http.sslCAInfo"]),
      ...(files.merged === undefined || end?.url.startsWith("https:") !== true ? [] : ["http.proxySSLCAInfo"]),
      ...(clientCertificate === undefined ? [] : ["http.sslCert", "http.sslKey"]),
      ...(clientCertificate?.encrypted === true
        ? ["http.sslCertPasswordProtected", `credential.${certificateUrl(clientCertificate.cert)}.helper`]
        : []),
    ];
    return {
      text: `${keys.map((key) => `git config --global --unset-all ${shellWord(key)}`).join("\n")}\n`,
      notes: [],
    };
  },
};

interface GitProxy {
  readonly end: ProxyEnd | undefined;
  /** The same where a helper gives its password. */
  readonly helped?: ProxyEnd;
  /** There is a proxy that cannot be named here. */
  readonly hidden: boolean;
}

/** git asks its helpers for a password alone, never for a user name. */
function proxyOf({ proxy }: ExportedSettings): GitProxy {
  const end = proxy.https ?? proxy.http;
  const byReference = end?.login === true && end.urlWithLogin === undefined;
  if (byReference && end.username === undefined) return { end: undefined, hidden: true };
  return { end, hidden: false, ...(byReference && { helped: end }) };
}

/** With the user name, so that git asks for a password at all. */
function proxyUrl({ url, username, urlWithLogin }: ProxyEnd): string {
  if (urlWithLogin !== undefined) return urlWithLogin;
  return username === undefined ? url : url.replace("://", `://${percentEncoded(username)}@`);
}

const credentialUrl = ({ url }: ProxyEnd): string => url;
const certificateUrl = (cert: string): string => `cert:///${cert.replace(/^\//, "")}`;

/** git-credential(1): `get` asks, and what it asks for is answered by a line. */
function helper(end: ProxyEnd, what: string, comment: string): string[] {
  return [comment, `[credential ${quoted(credentialUrl(end))}]`, `\thelper = ${quoted(askSallyport(what))}`];
}

function keyHelper(cert: string): string[] {
  return [
    "# Nor is the passphrase of the key:",
    `[credential ${quoted(certificateUrl(cert))}]`,
    `\thelper = ${quoted(askSallyport("key-passphrase"))}`,
  ];
}

const askSallyport = (what: string): string =>
  `!f() { test "$1" != get || printf 'password=%s\\n' "$(sallyport env --value ${what})"; }; f`;

/** Double quotes, and the escapes that git-config(1) lists under "Values". */
function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `"${escaped}"`;
}

const shellWord = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
