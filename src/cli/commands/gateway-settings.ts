import { readFileSync, statSync } from "node:fs";
import { singleQuoted } from "../../base/quote-path.js";
import { decodeText } from "../../base/decode-text.js";
import type { GatewayAddress } from "../../gateway/types.js";
import type { Context } from "../context.js";
import type { GatewayFlags } from "../invocation.js";
import {
  invalidListen,
  invalidOrigin,
  originTwice,
  invalidDrain,
  noTokenRequired,
  tokenAndNoToken,
  unreadableToken,
} from "../faults.js";

/** `--listen`: a port, an address of loopback with a port, or the path of a Unix socket. */
export function parseListen(text: string | undefined): GatewayAddress {
  if (text === undefined) return {};
  if (text.startsWith("unix:")) return { path: text.slice("unix:".length).replace(/^\/\/(?=\/)/, "") };
  const { host = "127.0.0.1", port } =
    /^(?:(?<host>127\.0\.0\.1|localhost|\[::1\]):)?(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) {
    throw invalidListen();
  }
  return { host: host === "[::1]" ? "::1" : "127.0.0.1", port: Number(port) };
}

/** `--origin NAME=URL`, each once. What the URL may be is the gateway's to say. */
export function parseOrigins(entries: readonly string[] = []): Record<string, string> {
  const origins: Record<string, string> = {};
  for (const entry of entries) {
    const { name, url } = /^(?<name>[A-Za-z0-9_.-]{1,64})=(?<url>.+)$/.exec(entry)?.groups ?? {};
    if (name === undefined || url === undefined) {
      throw invalidOrigin();
    }
    if (Object.hasOwn(origins, name)) throw originTwice(name);
    origins[name] = url;
  }
  return origins;
}

/** `--drain`, in milliseconds. */
export function parseDrain(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}(?:\.\d{1,3})?$/.test(text)) return Math.round(Number(text) * 1000);
  throw invalidDrain();
}

/** The token that clients must present: one from a file, none, or undefined for a new one. */
export async function readToken(flags: GatewayFlags, { terminal }: Context): Promise<string | false | undefined> {
  const { tokenFile } = flags;
  if (!flags.token && flags.requireToken === true) throw noTokenRequired();
  if (!flags.token && tokenFile !== undefined) {
    throw tokenAndNoToken();
  }
  const warning = terminal.err.warn("warning:");
  if (!flags.token) {
    await terminal.note(
      `${warning} without a token every program and every user of this machine can use the gateway, and with it your logins and certificates`,
    );
    return false;
  }
  if (tokenFile === undefined) return undefined;
  try {
    if (process.platform !== "win32" && (statSync(tokenFile).mode & 0o077) !== 0) {
      await terminal.note(`${warning} the token's file can be read by others: chmod 600 ${singleQuoted(tokenFile)}`);
    }
    return decodeText(readFileSync(tokenFile)).trim();
  } catch {
    throw unreadableToken();
  }
}
