import { isConnectError } from "../../base/errors.js";
import { badMetadata, insecure } from "./faults.js";

export type Ask = (url: URL, init?: RequestInit) => Promise<Response>;
type Json = Readonly<Record<string, unknown>>;

/** Metadata are a few kilobytes: what is longer is something else. */
const longest = 1024 * 1024;

/** Plain http is for this machine alone. */
export function isSecure(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
}

/** @throws {ConnectError} OAUTH_DISCOVERY_FAILED for what is no URL that a token may be sent to */
export function secureUrl(text: unknown, what: string): URL {
  if (typeof text !== "string" || !URL.canParse(text)) throw insecure(what);
  const url = new URL(text);
  if (!isSecure(url) || url.username !== "" || url.password !== "") throw insecure(what);
  return url;
}

/** A JSON object, or undefined where there is none (404 and the like). */
export async function readDocument(ask: Ask, url: URL, signal: AbortSignal): Promise<Document | undefined> {
  // Followed within the origin alone: who redirects elsewhere would decide where codes and tokens go.
  const answer = await ask(url, { headers: { accept: "application/json" }, redirect: "manual", signal });
  if (answer.status >= 300 && answer.status < 400) {
    await answer.body?.cancel();
    const to = parse(answer.headers.get("location"), url);
    if (to === undefined || to.origin !== url.origin || to.href === url.href) return undefined;
    const second = await ask(to, { headers: { accept: "application/json" }, redirect: "error", signal });
    return document(second, to);
  }
  return document(answer, url);
}

export interface Document {
  readonly body: Json;
  /** The server's clock, in milliseconds since the epoch. */
  readonly date: number | undefined;
}

function parse(text: string | null, base: URL): URL | undefined {
  return text !== null && URL.canParse(text, base.href) ? new URL(text, base) : undefined;
}

async function document(answer: Response, url: URL): Promise<Document | undefined> {
  if (!answer.ok) {
    await answer.body?.cancel();
    if (answer.status >= 500) throw badMetadata(url.href, `answers ${answer.status}`);
    return undefined;
  }
  const body = await readJson(answer);
  // A page for people under each path that does not exist is what many servers have there.
  if (body === undefined) return undefined;
  const date = Date.parse(answer.headers.get("date") ?? "");
  return { body, date: Number.isNaN(date) ? undefined : date };
}

/** Undefined for what is not a JSON object. */
export async function readJson(answer: Response): Promise<Json | undefined> {
  const text = await limited(answer);
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

async function limited(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = answer.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return Buffer.concat(chunks).toString("utf8");
    length += part.value.byteLength;
    if (length > longest) {
      await reader?.cancel();
      return "";
    }
    chunks.push(part.value);
  }
}

/** fetch wraps what the dialer says in a TypeError; here the fault itself is what counts. */
export function unwrapped(error: unknown): unknown {
  const cause = error instanceof TypeError ? error.cause : undefined;
  return isConnectError(cause) ? cause : error;
}
