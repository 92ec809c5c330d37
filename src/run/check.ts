import { readUrl } from "../base/read-url.js";
import type { ConnectError } from "../base/errors.js";
import { hostPortOf } from "../base/hostname.js";
import type { System } from "../base/system.js";
import { askedForCertificate, askHelperAhead, dial, proxyCredentials, schemeTaken } from "../dial/index.js";
import type { ProxyServer } from "../policy/types.js";
import type { Connection, DialContext, HttpTarget } from "../dial/types.js";
import { invalidCheck } from "./faults-plan.js";

export interface CheckOptions {
  /** Milliseconds for all URLs together. Default 3000. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
  /**
   * Asks one thing over the connection and gives the fault that the answer, or its absence, tells of. It must end within
   * `patience` milliseconds, and destroy the socket. Default: nothing is asked.
   */
  readonly ask?: (connection: Connection, url: URL, patience: number) => Promise<ConnectError | undefined>;
}

/** A TLS 1.3 server's word on the client certificate comes one round trip after the handshake: far sooner than this, if at all. */
const afterTheHandshake = 1500;

/** A URL that was reached. */
export interface Checked {
  readonly url: string;
  /** The server asked for a client certificate; undefined where there was no handshake that could tell. */
  readonly asked: boolean | undefined;
}

/**
 * Goes the way to each URL once, side by side, over the dialer that programs use. Bounded as a whole: when the time is up, the
 * stage that is under way ends with its own timeout fault, of its own hop.
 * @throws {ConnectError} the fault of the first URL, in their order, that has one; the signal's reason after an abort
 */
export async function checkBeforeLaunch(
  context: DialContext,
  urls: readonly string[],
  options: CheckOptions = {},
): Promise<readonly Checked[]> {
  const targets = urls.map(parseUrl);
  // A command may ask a person for the password: their time is not the network's.
  for (const url of targets) await askForLogins(context, url);
  const left = countdown(context.system, options.deadline ?? 3000);
  const checked = await Promise.allSettled(targets.map((url) => check(context, url, left, options)));
  options.signal?.throwIfAborted();
  return checked.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

async function check(context: DialContext, url: URL, left: () => number, options: CheckOptions): Promise<Checked> {
  const { ask, signal } = options;
  const connection = await dial(context, targetOf(url), { deadline: left(), ...(signal && { signal }) });
  const asked = askedOf(connection);
  if (ask === undefined) {
    connection.socket.destroy();
  } else {
    const fault = await ask(connection, url, Math.min(afterTheHandshake, left()));
    if (fault !== undefined) throw fault;
  }
  return { url: url.href, asked };
}

function askedOf({ socket }: Connection): boolean | undefined {
  // A resumed handshake asks for nothing again.
  return "encrypted" in socket && !socket.isSessionReused() ? askedForCertificate(socket) : undefined;
}

async function askForLogins(context: DialContext, url: URL): Promise<void> {
  const { hops } = await context.route(url.href);
  for (const hop of hops) {
    await proxyCredentials(hop, context.system);
    await askHelperAhead(context, hop);
  }
}

/** Milliseconds that are left, at least one: a bound of zero would be none to a timer. */
function countdown(system: System, deadline: number): () => number {
  const end = system.monotonic() + deadline;
  return () => Math.max(1, Math.round(end - system.monotonic()));
}

function parseUrl(text: string): URL {
  const url = readUrl(text);
  if (url !== undefined && (url.protocol === "https:" || url.protocol === "http:") && url.hostname !== "") return url;
  throw invalidCheck();
}

function targetOf(url: URL): HttpTarget {
  return { protocol: url.protocol === "http:" ? "http:" : "https:", ...hostPortOf(url) };
}

/** Whether a proxy has taken a login by a scheme that programs do not speak by themselves. */
export function takesOtherScheme(proxy: ProxyServer): boolean {
  return (schemeTaken(proxy) ?? "basic") !== "basic";
}
