import { createHash, randomBytes } from "node:crypto";
import type { Credentials } from "../login-verdict.js";
import type { Challenge } from "./challenges.js";

/** What a login is computed for: the request line's method and target. */
export interface RequestLine {
  readonly method: string;
  readonly uri: string;
}

/** RFC 7616 section 6.1, and the name under which OpenSSL has each. */
const algorithms: ReadonlyMap<string, string> = new Map([
  ["md5", "md5"],
  ["sha-256", "sha256"],
  ["sha-512-256", "sha512-256"],
]);

/**
 * Digest access authentication (RFC 7616): MD5, SHA-256 and SHA-512-256, each with `-sess`, with `qop=auth` or (RFC 2069) none.
 * One object for one nonce; each value that it gives counts up. What the proxy sent is taken as the bytes that it was, one to a character.
 */
export class DigestNonce {
  readonly #challenge: Challenge;
  readonly #hash: (text: string | Buffer) => string;
  readonly #session: boolean;
  readonly #cnonce: () => string;
  #count = 0;
  #sessionNonce: string | undefined;

  private constructor(challenge: Challenge, algorithm: string, session: boolean, cnonce: () => string) {
    this.#challenge = challenge;
    this.#hash = (text) => createHash(algorithm).update(text).digest("hex");
    this.#session = session;
    this.#cnonce = cnonce;
  }

  /** undefined: this client has not got what the challenge asks for. `cnonce`: random text, for tests. */
  static from(challenge: Challenge, cnonce: () => string = randomText): DigestNonce | undefined {
    const { params } = challenge;
    const name = (params.get("algorithm") ?? "MD5").toLowerCase();
    const algorithm = algorithms.get(name.replace(/-sess$/, ""));
    const qop = params.get("qop");
    if (challenge.scheme !== "digest" || algorithm === undefined || params.get("nonce") === undefined) return undefined;
    if (qop !== undefined && !qop.split(",").some((each) => each.trim().toLowerCase() === "auth")) return undefined;
    try {
      // OpenSSL in FIPS mode has no MD5.
      createHash(algorithm);
    } catch {
      return undefined;
    }
    return new DigestNonce(challenge, algorithm, name.endsWith("-sess"), cnonce);
  }

  /** The value of `Proxy-Authorization` for one request. */
  authorization(credentials: Credentials, { method, uri }: RequestLine): string {
    const { params } = this.#challenge;
    const value = (name: string): string => params.get(name) ?? "";
    const nc = (++this.#count).toString(16).padStart(8, "0");
    const cnonce = this.#cnonce();
    const qop = params.has("qop");
    const sessionNonce = (this.#sessionNonce ??= cnonce);
    const user = encoded(credentials.username, params);
    const realm = Buffer.from(`:${value("realm")}:`, "latin1");
    let secret = this.#hash(Buffer.concat([user, realm, encoded(credentials.password, params)]));
    if (this.#session) secret = this.#hash(`${secret}:${value("nonce")}:${sessionNonce}`);
    const asked = this.#hash(`${method}:${uri}`);
    const between = qop ? `${nc}:${cnonce}:auth:` : "";
    const response = this.#hash(`${secret}:${value("nonce")}:${between}${asked}`);
    const parts = [
      this.#userField(credentials.username, user),
      `realm=${quoted(value("realm"))}`,
      `nonce=${quoted(value("nonce"))}`,
      `uri=${quoted(uri)}`,
      ...(params.has("algorithm") ? [`algorithm=${value("algorithm")}`] : []),
      `response="${response}"`,
      ...(params.has("opaque") ? [`opaque=${quoted(value("opaque"))}`] : []),
      ...(qop ? ["qop=auth", `nc=${nc}`, `cnonce="${cnonce}"`] : this.#session ? [`cnonce="${sessionNonce}"`] : []),
      ...(params.get("userhash")?.toLowerCase() === "true" ? ["userhash=true"] : []),
    ];
    return `Digest ${parts.join(", ")}`;
  }

  /** RFC 7616 sections 3.4.3 and 3.4.4. */
  #userField(username: string, bytes: Buffer): string {
    const { params } = this.#challenge;
    if (params.get("userhash")?.toLowerCase() === "true") {
      return `username="${this.#hash(Buffer.concat([bytes, Buffer.from(`:${params.get("realm") ?? ""}`, "latin1")]))}"`;
    }
    if (/^[\u0020-\u007e]*$/.test(username)) return `username=${quoted(username)}`;
    if (params.get("charset")?.toLowerCase() === "utf-8") {
      return `username*=UTF-8''${encodeURIComponent(username).replace(/['()*!]/g, percent)}`;
    }
    // Latin-1 where it holds the name, as header fields are read; else UTF-8, which most proxies take it for.
    return `username=${quoted(bytes.toString("latin1"))}`;
  }
}

const randomText = (): string => randomBytes(16).toString("hex");

const percent = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;

/** RFC 7616 section 4: in UTF-8 where the proxy says so; before it, Latin-1 where that can hold it. */
function encoded(text: string, params: ReadonlyMap<string, string>): Buffer {
  if (params.get("charset")?.toLowerCase() === "utf-8") return Buffer.from(text.normalize("NFC"), "utf8");
  // oxlint-disable-next-line no-control-regex -- the whole of Latin-1
  return Buffer.from(text, /^[\u0000-\u00ff]*$/.test(text) ? "latin1" : "utf8");
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
