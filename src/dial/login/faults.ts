import { ConnectError } from "../../base/errors.js";
import { formatHostPort } from "../../base/hostname.js";
import { oneLine } from "../../base/one-line.js";
import { called, type Endpoint } from "../endpoint.js";
import { loginSchemes } from "../../policy/types.js";
import { parseChallenges, type Challenge } from "./challenges.js";
import type { SchemeName } from "./scheme.js";

type Proxy = Pick<Endpoint, "host" | "port">;

const named = ({ host, port }: Proxy): string => called({ hop: "proxy", host, port });

export function badNtlm(proxy: Proxy): ConnectError {
  return new ConnectError("PROXY_AUTH_UNSUPPORTED", {
    hop: "proxy",
    message: `${named(proxy)} answered an NTLM login with something that is not an NTLM challenge of version 2`,
    remedy: "ask the proxy's administrators whether the proxy, or a load balancer before it, breaks NTLM logins",
  });
}

export function brokenHandshake(proxy: Proxy, scheme: SchemeName): ConnectError {
  return new ConnectError("PROXY_AUTH_UNSUPPORTED", {
    hop: "proxy",
    message: `${named(proxy)} closes the connection in the middle of ${shown[scheme]} login`,
    remedy: "ask the proxy's administrators to keep connections open while such a login is under way",
  });
}

const shown: Readonly<Record<SchemeName, string>> = {
  negotiate: "a Negotiate",
  ntlm: "an NTLM",
  digest: "a Digest",
  basic: "a Basic",
  header: "a ready-made",
};

export function endlessLogin(proxy: Proxy): ConnectError {
  return new ConnectError("PROXY_AUTH_REJECTED", {
    hop: "proxy",
    message: `${named(proxy)} asks for one login after another (407) without accepting or refusing any`,
    remedy: "ask the proxy's administrators why its login never ends",
  });
}

export function noKerberos(cause: unknown): ConnectError {
  return new ConnectError("PROXY_AUTH_TICKET", {
    hop: "local",
    message:
      "the proxy takes Negotiate (Kerberos) logins, and the package kerberos, which makes them, is not installed",
    remedy: "npm install kerberos (beside sallyport; with --global where sallyport is installed so)",
    cause,
  });
}

/** What GSSAPI says (MIT, Heimdal; in English, which its messages are kept in), and what it means. */
const ticketProblems: readonly { readonly says: RegExp; readonly message: string; readonly remedy: string }[] = [
  {
    says: /ticket (?:has )?expired|credentials? (?:have |has )?expired/i,
    message: "the Kerberos ticket of this user has expired",
    remedy: "get a new one: kinit",
  },
  {
    says: /no (?:kerberos )?credentials? (?:available|cache|were supplied)|credentials cache file .* not found|no credentials cache/i,
    message: "there is no Kerberos ticket for this user",
    remedy: "get one: kinit USER@REALM (and check with klist)",
  },
  {
    says: /clock skew/i,
    message: "the clock of this machine and the one of the Kerberos server differ by more than it allows",
    remedy: "set the clock of this machine (timedatectl set-ntp true)",
  },
  {
    says: /server not found in kerberos database|matching credential not found|S_PRINCIPAL_UNKNOWN/i,
    message: "the Kerberos server does not know the proxy by this name",
    remedy: "name the proxy as its administrators registered it (its full host name), or set SALLYPORT_PROXY_SPN",
  },
  {
    says: /cannot (?:contact|find|resolve)[^:]* KDC|KDC for|unable to reach any KDC/i,
    message: "the Kerberos server (KDC) cannot be reached",
    remedy: "connect to the company's network or VPN, and check the realm in krb5.conf",
  },
];

export function negotiateFault(proxy: Proxy, service: string, cause: unknown): ConnectError {
  if (cause instanceof ConnectError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const known = ticketProblems.find(({ says }) => says.test(said));
  const about = `no Negotiate login at ${named(proxy)} (as ${oneLine(service, 120)})`;
  return new ConnectError("PROXY_AUTH_TICKET", {
    hop: "local",
    message: `${about}: ${known?.message ?? oneLine(said, 200)}`,
    remedy:
      known?.remedy ??
      "check that kinit and klist work for this user, and that the proxy is named by its full host name",
    cause,
  });
}

/** @param names the schemes that the proxy offers; undefined where it has not been asked */
export function noHeaderFor(proxy: Proxy, names: readonly string[] | undefined): ConnectError {
  const list = [...new Set(names ?? [])].map((name) => oneLine(name, 40)).join(", ");
  return new ConnectError("PROXY_AUTH_UNSUPPORTED", {
    hop: "proxy",
    message:
      names === undefined
        ? `the settings allow neither Negotiate nor Basic at ${named(proxy)}, and no other login fits into one header`
        : `${named(proxy)} requires a login by ${list === "" ? "no scheme" : list} (407), which cannot be had in one header`,
    remedy: "send the program through sallyport itself, which makes such logins: sallyport run, or sallyport gateway",
  });
}

export function noLoginForHeader(proxy: Proxy, ticket: unknown): ConnectError {
  const why = ticket instanceof ConnectError ? `, and ${ticket.message}` : "";
  return new ConnectError("PROXY_AUTH_REQUIRED", {
    hop: "local",
    message: `there is no login for ${named(proxy)}, neither configured nor stored${why}`,
    remedy: "store one with sallyport login, or put user and password into the proxy setting",
  });
}

/** @param prefix that of the variables */
export function ticketNotAllowed({ host, port }: Proxy, prefix: string): ConnectError {
  return new ConnectError("PAC_PROXY_NOT_ALLOWED", {
    hop: "local",
    stage: "proxy-auth",
    message: `${named({ host, port })} takes a Kerberos ticket, and is named by the PAC file alone: no ticket goes there`,
    remedy: `if the proxy is your network's, allow it: ${prefix}_PROXY_AUTH_HOSTS=${formatHostPort(host, port)}`,
  });
}

export function ticketRefused(proxy: Proxy): ConnectError {
  return new ConnectError("PROXY_AUTH_REJECTED", {
    hop: "proxy",
    message: `${named(proxy)} does not accept this user's Kerberos ticket (407)`,
    remedy: "check with klist that the ticket is of the right user and realm, or ask the proxy's administrators",
  });
}

/** The way to give a login, for whom none is configured. */
export const giveLogin = (scheme: string): string =>
  `store one with sallyport login, or put user and password into the proxy setting: ${scheme}://USER:PASSWORD@host:port`;

const withPassword: readonly string[] = ["ntlm", "digest", "basic"];

/** What was there to log in with. */
export interface Means {
  /** There is a user and a password. */
  readonly configured: boolean;
  readonly allowed: readonly SchemeName[];
  /** Why Negotiate could not be tried. */
  readonly ticket?: ConnectError | undefined;
}

/** What is to be told where no login can be tried. */
export function cannotLogIn(
  proxy: Proxy,
  offered: readonly Challenge[],
  { configured, allowed, ticket }: Means,
): ConnectError {
  const names = [...new Set(offered.map(({ name }) => oneLine(name, 40)))];
  const list = names.length === 0 ? "no scheme" : names.join(", ");
  const known = offered.filter(({ scheme }) => withPassword.includes(scheme));
  const unsupported = (what: string, remedy: string): ConnectError =>
    new ConnectError("PROXY_AUTH_UNSUPPORTED", {
      hop: "proxy",
      message: `${named(proxy)} requires a login by ${list} (407), ${what}`,
      remedy,
    });
  if (names.length > 0 && known.length === 0) {
    if (ticket !== undefined) return ticket;
    if (!offered.some(({ scheme }) => scheme === "negotiate"))
      return unsupported(
        "which is not supported",
        "ask the proxy's administrators for a login by Negotiate, NTLM, Digest or Basic for this machine",
      );
    if (!allowed.includes("negotiate"))
      return unsupported(
        "which is not allowed by the settings",
        "add negotiate to SALLYPORT_PROXY_AUTH, or remove that setting",
      );
  }
  if (configured && !known.some(({ scheme }) => (allowed as readonly string[]).includes(scheme)))
    return unsupported(
      "of which the settings allow none",
      `add what the proxy offers to SALLYPORT_PROXY_AUTH (now ${allowed.join(", ")}), or remove that setting`,
    );
  if (configured)
    return unsupported(
      "in a form that is not supported",
      "ask the proxy's administrators for Digest with MD5 or SHA-256, or for another scheme",
    );
  return new ConnectError("PROXY_AUTH_REQUIRED", {
    hop: "proxy",
    message: `${named(proxy)} requires a login (407, ${list}), but none is configured${ticket === undefined ? "" : `, and ${ticket.message}`}`,
    remedy: giveLogin("http"),
  });
}

/**
 * A 407 to a request in absolute form, by what the proxy offers and by what was sent. `offered` is its Proxy-Authenticate field. Where the
 * proxy wants the login in another way, the request has been tried again already if its body allows it.
 */
export function authFault(offered: string, proxy: Proxy, loggedIn: boolean): ConnectError {
  const challenges = parseChallenges(offered);
  const offers = (scheme: string): boolean => challenges.some((each) => each.scheme === scheme);
  if (!loggedIn || !(challenges.length === 0 || [...withPassword, "negotiate"].some(offers)))
    return cannotLogIn(proxy, challenges, { configured: false, allowed: loginSchemes });
  if (challenges.length === 0 || offers("basic")) return rejected(proxy);
  return new ConnectError("PROXY_AUTH_REQUIRED", {
    hop: "proxy",
    message: `${named(proxy)} requires a login by ${challengeSchemes(offered).join(", ")} (407)`,
    remedy: "repeat the request: the next one begins with the login that this proxy wants",
  });
}

/** @param helper what a person knows the command by that gave the login; undefined where none did */
export function rejected(proxy: Proxy, helper?: string): ConnectError {
  return new ConnectError("PROXY_AUTH_REJECTED", {
    hop: "proxy",
    message: `${named(proxy)} does not accept ${whichLogin(helper)} (407)`,
    remedy: checkLogin(helper),
  });
}

export const whichLogin = (helper: string | undefined): string =>
  helper === undefined ? "the configured login" : `the login that the command of ${helper} gives`;

/** The scheme names of a Proxy-Authenticate field, each once. */
export function challengeSchemes(field: string): readonly string[] {
  return [...new Set(parseChallenges(field).map(({ name }) => oneLine(name, 40)))];
}

export const checkLogin = (helper: string | undefined): string =>
  helper === undefined
    ? checkSetting
    : "run the command by hand, and see whether what it prints is for this proxy and still good";

const checkSetting =
  "check user and password in the proxy setting: @ : / # % in them are written %40 %3A %2F %23 %25; a stored login is replaced by sallyport login";
