import { randomBytes, timingSafeEqual } from "node:crypto";
import { invalidToken } from "../faults.js";

/** The user name in the URLs that the gateway prints. Clients may present any. */
export const tokenUser = "sallyport";

/** 192 bits, in characters that need no encoding in a URL. */
export function makeToken(): string {
  return randomBytes(24).toString("base64url");
}

/** @throws {ConnectError} CONFIG_INVALID for a token that no client could present, or that anybody could guess */
export function checkToken(token: string): string {
  if (/^[\x21-\x7e]{16,255}$/.test(token)) return token;
  throw invalidToken();
}

/** Compares in constant time. How long the token is may be seen: that says nothing about what it is. */
export function isToken(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}

export type Presented = "accepted" | "missing" | "wrong";

/** @param isOwn the client is of this user's, and needs no token; a wrong one is refused all the same: it is meant for another proxy */
export function isAccepted(presented: Presented, isOwn: boolean): boolean {
  return presented === "accepted" || (isOwn && presented === "missing");
}

/**
 * Judges a Proxy-Authorization field: Basic with any user name and the token as the password (RFC 7617), or Bearer with the
 * token (RFC 6750). Everything is accepted where no token is wanted.
 */
export function judgeAuthorization(field: string | undefined, token: string | undefined): Presented {
  if (token === undefined) return "accepted";
  if (field === undefined || field.trim() === "") return "missing";
  const [, scheme = "", value = ""] = /^([a-z]+) +([\w+/.~=-]+)$/i.exec(field.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case "basic": {
      const login = Buffer.from(value, "base64").toString("utf8");
      return isToken(login.slice(login.indexOf(":") + 1), token) ? "accepted" : "wrong";
    }
    case "bearer":
      return isToken(value, token) ? "accepted" : "wrong";
    default:
      return "wrong";
  }
}
