/**
 * Every fault that sallyport can name, with the stage at which it arises and its usual severity.
 * The list is closed and stable once released: docs/faults.md holds one entry for each.
 */

/** Where on the way a fault arises, in the order in which a connection passes. */
export type Stage =
  | "config"
  | "route"
  | "dns"
  | "tcp"
  | "proxy-tls"
  | "tunnel"
  | "proxy-auth"
  | "tls"
  | "client-cert"
  | "http";

/** An error stops what it is about; a warning does not. */
export type Severity = "error" | "warning";

interface CodeEntry {
  readonly stage: Stage;
  readonly severity: Severity;
}

const error = (stage: Stage): CodeEntry => ({ stage, severity: "error" });
const warning = (stage: Stage): CodeEntry => ({ stage, severity: "warning" });

/** Every code with its stage and its usual severity; each is explained on the page of faults. */
export const faultCodes = {
  PROXY_URL_INVALID: error("config"),
  PROXY_SCHEME_UNSUPPORTED: error("config"),
  PROXY_VARIABLES_CONFLICT: warning("config"),
  NO_PROXY_ENTRY_INVALID: warning("config"),
  CLAUDE_SETTINGS_CONFLICT: warning("config"),
  CONFIG_INVALID: error("config"),
  PATH_RELATIVE: warning("config"),
  TLS_VERIFICATION_DISABLED: warning("config"),
  CA_FILE_UNREADABLE: error("config"),
  CA_FILE_INVALID: error("config"),
  CA_NOT_AN_AUTHORITY: warning("config"),
  CA_EXPIRED: warning("config"),
  CA_BREAKS_CHAINS: warning("config"),
  CERT_FILE_UNREADABLE: error("config"),
  CERT_FILE_INVALID: error("config"),
  KEY_FILE_UNREADABLE: error("config"),
  KEY_FILE_INVALID: error("config"),
  KEY_MISSING: error("config"),
  CERT_MISSING: error("config"),
  CERT_KEY_SWAPPED: error("config"),
  CERT_KEY_MISMATCH: error("config"),
  KEY_PASSPHRASE_MISSING: error("config"),
  KEY_PASSPHRASE_WRONG: error("config"),
  KEY_PERMISSIONS: warning("config"),
  CLIENT_CERT_EXPIRED: error("config"),
  CLIENT_CERT_NOT_YET_VALID: error("config"),
  CLIENT_CERT_EXPIRES_SOON: warning("config"),
  CLIENT_CERT_USAGE: error("config"),
  CLIENT_CERT_CHAIN_INCOMPLETE: warning("config"),
  PFX_INVALID: error("config"),
  PFX_PASSWORD_WRONG: error("config"),
  PFX_LEGACY_CIPHER: error("config"),
  SECRET_COMMAND_FAILED: error("config"),
  KEYRING_UNAVAILABLE: error("config"),
  PROXY_LOGIN_UNREADABLE: error("config"),
  CAPTURE_UNAVAILABLE: error("config"),

  PAC_UNREACHABLE: error("route"),
  PAC_INVALID: error("route"),
  PAC_TIMEOUT: error("route"),
  PAC_PROXY_NOT_ALLOWED: error("route"),
  PROXY_LOOP: error("route"),

  DNS_NOT_FOUND: error("dns"),
  DNS_FAILED: error("dns"),

  TCP_REFUSED: error("tcp"),
  TCP_TIMEOUT: error("tcp"),
  TCP_UNREACHABLE: error("tcp"),
  TCP_RESET: error("tcp"),

  PROXY_NOT_TLS: error("tunnel"),
  PROXY_NEEDS_TLS: error("tunnel"),
  PROXY_NOT_HTTP: error("tunnel"),
  PROXY_CLOSED: error("tunnel"),
  PROXY_TIMEOUT: error("tunnel"),
  PROXY_FORBIDDEN: error("tunnel"),
  PROXY_BAD_GATEWAY: error("tunnel"),
  PROXY_REFUSED: error("tunnel"),
  SOCKS_REFUSED: error("tunnel"),
  SOCKS_NOT_SOCKS: error("tunnel"),

  PROXY_AUTH_REQUIRED: error("proxy-auth"),
  PROXY_AUTH_REJECTED: error("proxy-auth"),
  PROXY_AUTH_UNSUPPORTED: error("proxy-auth"),
  PROXY_AUTH_TICKET: error("proxy-auth"),

  TLS_UNTRUSTED_ISSUER: error("tls"),
  TLS_INSPECTED: error("tls"),
  TLS_CHAIN_INCOMPLETE: error("tls"),
  TLS_SELF_SIGNED: error("tls"),
  TLS_EXPIRED: error("tls"),
  TLS_NOT_YET_VALID: error("tls"),
  CLOCK_SKEW: error("tls"),
  TLS_NAME_MISMATCH: error("tls"),
  TLS_NOT_TLS: error("tls"),
  TLS_VERSION: error("tls"),
  TLS_WEAK: error("tls"),
  TLS_RESET: error("tls"),
  TLS_TIMEOUT: error("tls"),
  TLS_LEGACY_RENEGOTIATION: error("tls"),

  CLIENT_CERT_REQUIRED: error("client-cert"),
  CLIENT_CERT_REJECTED: error("client-cert"),
  CLIENT_CERT_INSPECTED: error("client-cert"),

  HTTP_STATUS: error("http"),
  HTTP_BLOCK_PAGE: error("http"),
  CAPTIVE_PORTAL: error("http"),
  HTTP_TIMEOUT: error("http"),
  HTTP_CLOSED: error("http"),
  HTTP_INVALID: error("http"),
  STREAM_STALLED: error("http"),
  OAUTH_DISCOVERY_FAILED: error("http"),
  OAUTH_REFUSED: error("http"),
  OAUTH_LOGIN_INCOMPLETE: error("http"),
  OAUTH_TOKEN_REFUSED: error("http"),
  OAUTH_TOKEN_BOUND: error("http"),

  MCP_ANSWER_INVALID: error("http"),
  MCP_MESSAGE_INVALID: error("http"),
  MCP_LOGIN_REQUIRED: error("http"),
  MCP_SESSION_LOST: error("http"),
  MCP_VERSION_UNSUPPORTED: error("http"),
  MCP_TOOL_NOT_ALLOWED: error("http"),
} as const satisfies Record<string, CodeEntry>;

/** The name of a fault: stable once released. */
export type FaultCode = keyof typeof faultCodes;
