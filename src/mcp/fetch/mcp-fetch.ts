import { isConnectError } from "../../base/errors.js";
import { basedOn, nativeFetch } from "../../base/native-fetch.js";
import type { IdentityChoice, Network } from "../../clients/index.js";
import { BoundRequests } from "./bound-requests.js";
import { globalResponse } from "./global-response.js";
import { ownSignal, watched } from "./own-signal.js";

/** What goes to one MCP server, and to no other. */
export interface McpFetchOptions {
  /**
   * The client certificate that is shown: the name of one of the settings, or a pair of files (`{ cert, key }`, `{ pfx }`). One of the
   * settings is shown to the hosts that it names there; files to the server's host, unless `hosts` names others: an authorization server
   * that logs clients in by certificate, say. Default: what the network's settings have for each host.
   */
  readonly identity?: IdentityChoice;
  /**
   * Fields for each request to the server's origin, in place of those that the SDK has under the same names. Other origins do not get
   * them: an API key is none of an authorization server's business.
   */
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /** The MCP server. Default: the origin that is asked first, as the SDKs' transports ask their server first. */
  readonly server?: string | URL;
}

/** A fetch for the transports of the MCP SDKs. Disposing of it is `close()`. */
export type McpFetch = ((input: string | URL | Request, init?: RequestInit) => Promise<Response>) &
  AsyncDisposable & {
    /** Closes the connections that were made for `identity`. Those of the network are the network's to close. */
    close(): Promise<void>;
  };

/**
 * A fetch for `StreamableHTTPClientTransport` and `SSEClientTransport` of `@modelcontextprotocol/sdk` 1.x and
 * `@modelcontextprotocol/client` 2.x, OAuth included: `new StreamableHTTPClientTransport(url, { fetch: createMcpFetch(network) })`.
 *
 * Requests go the network's way. What it gives is a `globalThis.Response`, wherever the fetch came from; each request has a signal of its own,
 * so that none leaves a listener on the transport's; redirects are followed as `redirect` says. A token that is bound to another client
 * certificate than the server is shown (RFC 8705) is not sent: the answer is 401, as the server's would be, so that the SDK fetches a new one.
 *
 * It rejects as fetch does, with a TypeError that has the {@link ConnectError} as its `cause`, also for an `identity` that cannot be used.
 */
export function createMcpFetch(network: Network, options: McpFetchOptions = {}): McpFetch {
  const native = nativeFetch();
  const { identity, headers } = options;
  const extra = headers === undefined ? undefined : new Headers(headers);
  let origin = options.server === undefined ? undefined : new URL(options.server).origin;
  let own: Promise<Network> | undefined;
  const bound = new BoundRequests();
  let isClosed = false;

  const open = (chosen: IdentityChoice, server: string): Promise<Network> =>
    (own ??= openFor(network, scoped(chosen, server)).catch((error: unknown) => {
      own = undefined;
      throw new TypeError("fetch failed", { cause: error });
    }));
  const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    if (isClosed) throw new TypeError("fetch failed", { cause: new Error("this fetch was closed") });
    // Not `instanceof`: it may be of the class of another undici.
    const request = typeof input === "object" && "url" in input ? input : undefined;
    const target = new URL(typeof input === "object" && "url" in input ? input.url : input);
    origin ??= target.origin;
    const { signal, release } = ownSignal(init.signal ?? request?.signal);
    try {
      const through = identity === undefined ? network : await open(identity, origin);
      const sent = new Headers(init.headers ?? request?.headers);
      if (target.origin === origin) for (const [name, value] of extra ?? []) sent.set(name, value);
      const refusal = await bound.refuse(through, target, sent.get("authorization"));
      if (refusal !== undefined) {
        release();
        return refusal;
      }
      const answer = await through.fetch(input, { ...init, headers: sent, signal });
      if (answer.body === null) release();
      const body = answer.body && watched(answer.body, release);
      return globalResponse(answer, body);
    } catch (error) {
      release();
      throw isConnectError(error) ? new TypeError("fetch failed", { cause: error }) : error;
    }
  };
  const close = async (): Promise<void> => {
    isClosed = true;
    await own?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  };
  return Object.assign(basedOn(native, fetch), { close, [Symbol.asyncDispose]: close });
}

async function openFor(network: Network, identity: IdentityChoice): Promise<Network> {
  // Whoever has a network has loaded this already; a program that imports the function alone has not.
  const { withIdentity } = await import("../../clients/index.js");
  return withIdentity(network, identity);
}

/** Files given for a server are shown to that server, unless they are said to be for others too. */
function scoped(identity: IdentityChoice, server: string): IdentityChoice {
  if (typeof identity === "string" || identity.hosts !== undefined) return identity;
  const { host, hostname, port } = new URL(server);
  return { ...identity, hosts: port === "" ? hostname : host };
}
