import type { ClientRequest } from "node:http";
import { canonicalHost } from "../base/hostname.js";
import type { HostPort } from "./types.js";
import { isOurs } from "./who-asks.js";

/** On whose behalf a connection is asked for, where no agent is involved. */
export interface Asker {
  /** `https:`: TLS will be spoken on it, and not by node:tls at once. */
  readonly protocol: string;
  /** A proxy must not read what is said on it. */
  readonly opaque: boolean;
  /** An HTTP/2 session. */
  readonly http2?: true;
  /** The host, where the program looked its address up itself. */
  readonly host?: string;
}

/**
 * Tells which of Node's HTTP clients is asking node:net or node:tls for a connection by way of the program's own function
 * (`createConnection` of a request without an agent, or of node:http2), or by itself (HTTP/2 without TLS). The stack is read, the
 * one sign there is: what connects for other ends, databases for one, pays some microseconds at each connection.
 */
export class NewRequests {
  #latest: ClientRequest | undefined;

  /** Called at the very beginning of each request's constructor. */
  begin(request: ClientRequest): void {
    this.#latest = request;
  }

  /** Undefined for who is no HTTP client, and for a request that is made to go to another host: a proxy of its own. */
  asking(frames: readonly string[], { host }: HostPort, servername?: unknown): Asker | undefined {
    if (frames.some((frame) => frame.includes("new ClientRequest (node:_http_client:")))
      return this.#ofRequest(host, servername);
    const at = frames.findIndex((frame) => frame.includes("(node:internal/http2/core:"));
    if (at === -1) return undefined;
    // Nobody of the program's in between: then it is node:http2's own, and without TLS.
    const own = frames.slice(0, at).every(isOurs);
    return { protocol: own ? "http:" : "https:", opaque: true, http2: true };
  }

  /** A request may just as well be made to go to a proxy of the program's choice, which has another name. */
  #ofRequest(host: string, servername: unknown): Asker | undefined {
    const request = this.#latest;
    if (request?.host === undefined) return undefined;
    const name = canonicalHost(request.host);
    const byName = typeof servername === "string" && name === canonicalHost(servername);
    if (name !== canonicalHost(host) && !byName) return undefined;
    return { protocol: request.protocol, opaque: request.hasHeader("upgrade"), ...(byName && { host: name }) };
  }
}
