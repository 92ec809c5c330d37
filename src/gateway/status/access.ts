import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isToken } from "../server/token.js";

/** Who may see the status page. */
export interface StatusAccess {
  /** The gateway's token. Undefined: it asks for none, and the checks of Host and origin alone hold. */
  readonly token: string | undefined;
  /** The port on loopback that it listens on; undefined for a Unix socket. */
  readonly port: number | undefined;
}

/** Why a request is not served. `reason` is for the log, `hint` for whoever asked; neither repeats what the request said. */
export interface Denial {
  readonly status: 401 | 403 | 421;
  readonly reason: string;
  readonly hint: string;
}

/**
 * A web page from anywhere can make the reader's browser send requests to loopback; that is what most of this is about.
 * The cookie holds a value of its own, drawn at every start, and not the token: browsers send a cookie of 127.0.0.1 to every
 * port there (RFC 6265 section 8.5), so that another program's server gets to see it, and must not learn how to use the proxy.
 */
export class Gatekeeper {
  readonly #access: StatusAccess;
  readonly #authorities: ReadonlySet<string>;
  readonly #session = randomBytes(32).toString("base64url");
  readonly #cookieName: string;

  constructor(access: StatusAccess) {
    this.#access = access;
    this.#authorities = new Set(authoritiesOf(access.port));
    // With the port, so that two gateways do not overwrite each other's.
    this.#cookieName = access.port === undefined ? "sallyport-status" : `sallyport-status-${access.port}`;
  }

  /** Whether it was asked for under a name of its own, and not by another site. Undefined: it was. */
  misdirected({ headers, headersDistinct }: IncomingMessage): Denial | undefined {
    const hosts = headersDistinct["host"] ?? [];
    // A name that somebody else owns may resolve to 127.0.0.1 (DNS rebinding); its pages would be of one origin with ours.
    if (hosts.length !== 1 || !this.#authorities.has((hosts[0] ?? "").toLowerCase())) {
      return {
        status: 421,
        reason: "the status page was requested under another host name",
        hint: `This gateway answers only to ${[...this.#authorities].join(", ")}.`,
      };
    }
    const site = headers["sec-fetch-site"];
    const { origin } = headers;
    // "same-site" is every other port of this machine. "none" is the address bar, a bookmark, or a program that opened the browser.
    const isOwn = site === undefined || site === "same-origin" || site === "none";
    if (isOwn && (origin === undefined || origin.toLowerCase() === `http://${(hosts[0] ?? "").toLowerCase()}`))
      return undefined;
    return {
      status: 403,
      reason: "another site's page requested the status page",
      hint: "Open this address from the address bar: links and requests from other sites are refused.",
    };
  }

  /** Whether the request shows the token, or the cookie that the token bought. Undefined: it does. */
  unauthorized({ headers }: IncomingMessage): Denial | undefined {
    const { token } = this.#access;
    if (token === undefined) return undefined;
    const shown = shownToken(headers.authorization);
    if (shown === undefined ? this.#hasSession(headers.cookie) : isToken(shown, token)) return undefined;
    return tokenDenial(shown !== undefined);
  }

  /** What `/?token=…` gets: a cookie to set, none where no token is asked for, or a denial. */
  enter(offered: string): { readonly cookie: string | undefined } | Denial {
    const { token } = this.#access;
    if (token === undefined) return { cookie: undefined };
    if (!isToken(offered, token)) return tokenDenial(true);
    // No Secure, since there is no TLS here; no Max-Age, so that it ends with the browser.
    return { cookie: `${this.#cookieName}=${this.#session}; HttpOnly; SameSite=Strict; Path=/` };
  }

  #hasSession(cookies = ""): boolean {
    return cookies
      .split(";")
      .map((cookie) => cookie.trim())
      .some(
        (cookie) =>
          cookie.startsWith(`${this.#cookieName}=`) &&
          isToken(cookie.slice(this.#cookieName.length + 1), this.#session),
      );
  }
}

function tokenDenial(given: boolean): Denial {
  return {
    status: 401,
    reason: given
      ? "the status page was requested with a wrong token"
      : "the status page was requested without the token",
    hint: given
      ? "This is not the token of this gateway. It prints the right one when it starts."
      : "This page requires the gateway's token. The gateway prints the whole address when it starts.",
  };
}

/** The names under which it may be asked for, as a Host header has them: without a port where that is http's own. */
function authoritiesOf(port: number | undefined): string[] {
  if (port === undefined) return ["localhost"];
  const names = ["127.0.0.1", "localhost", "[::1]"];
  return [...names.map((name) => `${name}:${port}`), ...(port === 80 ? names : [])];
}

/** The token of `Authorization: Bearer`, or the password of `Authorization: Basic` with whatever user name. */
function shownToken(authorization: string | undefined): string | undefined {
  const [, scheme = "", value = ""] = /^(Bearer|Basic) +(\S+)\s*$/i.exec(authorization ?? "") ?? [];
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme === "") return undefined;
  const login = Buffer.from(value, "base64").toString("utf8");
  return login.slice(login.indexOf(":") + 1);
}
