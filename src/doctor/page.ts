import { sentElsewhere, type Elsewhere } from "../dial/index.js";
import type { Answer } from "./answer.js";

/*
 * What an answer says about who made it. Pages of a proxy, an inspector or a filter come over the same connection as the server's own,
 * so that they are told by what their makers write: header fields of their own, titles, OpenSSL's words.
 */

type Said = Pick<Answer, "status" | "headers" | "text">;

/** Products that name themselves in `Server` on pages of their own, and pass a server's own field on. */
const products =
  /^(squid|mitmproxy|tinyproxy|zscaler|netskope|bluecoat|proxysg|mcafee web gateway|skyhigh|mwg|fortigate|fortiproxy|sophos|barracuda|websense|forcepoint|iboss|cisco[ -]?wsa|privoxy|e2guardian|mwg)\b/i;

/** The maker of an answer that is a proxy's own, in its own words; undefined where nothing says that it is one. */
export function ownPage({ headers }: Said): string | undefined {
  const squid = field(headers, "x-squid-error");
  if (squid !== undefined) return `squid: ${squid}`;
  // RFC 9209 section 2.3.1: `error` stands where the proxy made the answer itself.
  const status = field(headers, "proxy-status");
  if (status !== undefined && /;\s*error=/.test(status)) return status.split(",")[0];
  const server = field(headers, "server") ?? "";
  return products.test(server) ? server : undefined;
}

export function field(headers: Answer["headers"], name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** What a proxy's page says of the TLS that it could not have with the server. */
export type ServerTls =
  | "expired"
  | "not-yet-valid"
  | "self-signed"
  | "untrusted"
  | "name"
  | "revoked"
  | "wants-certificate"
  | "unknown-name"
  | "version"
  | "weak"
  | "not-tls"
  | "broken";

/**
 * OpenSSL's names and sentences for each, as squid (X509_V_ERR_…), mitmproxy, Node and others write them. The first that fits: a page
 * often ends with general words.
 */
const tlsWords: readonly (readonly [RegExp, ServerTls])[] = [
  [/CERT_HAS_EXPIRED|certificate (?:has )?expired(?!.{0,20}alert)/i, "expired"],
  [/CERT_NOT_YET_VALID|certificate is not yet valid/i, "not-yet-valid"],
  [/DEPTH_ZERO_SELF_SIGNED|self[- ]signed certificate(?! in)/i, "self-signed"],
  [/DOMAIN_MISMATCH|HOSTNAME_MISMATCH|ALTNAME_INVALID|hostname mismatch/i, "name"],
  [/unrecognized[ _]name/i, "unknown-name"],
  [/CERT_REVOKED|certificate (?:was |has been |is )?revoked/i, "revoked"],
  [/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET|VERIFY)_\w+|unable to (?:get|verify)|CERT_UNTRUSTED/i, "untrusted"],
  [/alert[ _]certificate[ _]required|ALERT_CERTIFICATE_REQUIRED|TLS_LIB_ERR=A00045C\b/i, "wants-certificate"],
  [
    /UNSUPPORTED_PROTOCOL|unsupported protocol|alert[ _]protocol[ _]version|cannot agree on a TLS version|TLS_LIB_ERR=A00042E\b/i,
    "version",
  ],
  [/(?:dh|ee|ca)[ _]key[ _]too[ _]small|md[ _]too[ _]weak|TLS_LIB_ERR=A00018A\b/i, "weak"],
  [/wrong[ _]version[ _]number|packet[ _]length[ _]too[ _]long|does not speak TLS|TLS_LIB_ERR=A00010B\b/i, "not-tls"],
  [/handshake[ _]failure|SSL_HANDSHAKE|TLS_ERR_CONNECT|(?:establish a secure|cannot speak TLS)/i, "broken"],
];

export function serverTls(text: string): { readonly what: ServerTls; readonly words: string } | undefined {
  for (const [pattern, what] of tlsWords) {
    const words = pattern.exec(text)?.[0];
    if (words !== undefined) return { what, words };
  }
  return undefined;
}

export function title(text: string): string | undefined {
  const found = /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1]?.trim();
  return found === "" ? undefined : found;
}

const blocked =
  /\b(?:page|site|website|url|web|access|request|content|internet|connection)\b[^<]{0,60}\b(?:blocked|denied|prohibited|restricted|forbidden|filtered)\b|\bblocked\b[^<]{0,40}\b(?:page|site|url|access)\b/i;
const byPolicy =
  /polic(?:y|ies)|category|categori[sz]ed|web ?filter|url ?filter|content filter|administrator|acceptable use|help ?desk|zscaler|netskope|fortiguard|umbrella|forcepoint|websense|palo alto|blue ?coat|sophos|iboss|skyhigh|barracuda|sonicwall|watchguard/i;

/**
 * Whether a page tells that it stands in the place of another one: it says that this one is blocked, and by whose rules.
 * @param inspected the TLS is opened on the way; a server's own page speaks of denied access too, and asks to call an administrator
 */
export function isBlockPage({ headers, text }: Said, inspected: boolean): boolean {
  if (!isHtml(headers, text)) return false;
  const heading = `${title(text) ?? ""} ${/<h1[^>]*>([^<]{1,200})/i.exec(text)?.[1] ?? ""}`;
  return blocked.test(heading) && byPolicy.test(text) && (inspected || /blocked/i.test(heading));
}

function isHtml(headers: Answer["headers"], text: string): boolean {
  return /html/i.test(field(headers, "content-type") ?? "") || /^\s*<(?:!doctype html|html)/i.test(text);
}

/** See {@link sentElsewhere}. */
export function elsewhere({ status, headers }: Pick<Said, "status" | "headers">, from: URL): Elsewhere | undefined {
  return sentElsewhere(status, field(headers, "location"), from);
}
